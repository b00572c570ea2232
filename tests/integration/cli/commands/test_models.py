"""`sonicmesh models`: list, download, check."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import orjson
import pytest


def _sonicmesh(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"SONICMESH_HOME": str(home), "HF_HUB_OFFLINE": "1", "PATH": "/usr/bin:/bin", "HOME": str(home)}
    command = [sys.executable, "-m", "cli.main", "models", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_every_model_is_listed_with_its_licence(tmp_path: Path) -> None:
    done = _sonicmesh(tmp_path, "list", "--json")
    rows = {row["name"]: row for row in orjson.loads(done.stdout)}
    assert rows["fusion"]["enabled"] is True
    assert rows["spectral"]["enabled"] is False
    assert rows["muq"]["enabled"] is False
    assert all("NC" in rows[name]["license"] for name in ("muq", "mert", "latent"))


def test_check_embeds_a_sound_and_says_what_it_took(tmp_path: Path) -> None:
    done = _sonicmesh(tmp_path, "check", "--json")
    assert done.returncode == 0, done.stderr
    result = orjson.loads(done.stdout)["fusion"]
    assert result["dimension"] == 224
    assert result["seconds_per_track"] > 0


def test_check_of_a_model_without_weights_says_what_to_do(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    done = _sonicmesh(tmp_path, "check", "muq")
    assert done.returncode == 1
    assert "sonicmesh models download muq" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_download_without_a_network_is_one_clear_line(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")
    done = _sonicmesh(tmp_path, "download", "mert", "--yes")
    assert done.returncode == 1
    assert "CC BY-NC 4.0" in done.stderr
    assert "model_unavailable" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_model_without_weights_has_nothing_to_download(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")
    done = _sonicmesh(tmp_path, "download", "spectral", "--yes")
    assert done.returncode == 2
    assert "muq" in done.stderr
