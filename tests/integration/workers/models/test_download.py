"""Weights are fetched from a hub into the folder of checkpoints; without one the error says what to do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contract.errors import InvalidRequest
from tests.integration.workers.models.conftest import Settings
from tests.integration.workers.models.hub import serving
from workers.models.download import source, sources
from workers.models.muq.adapter import MuQAdapter
from workers.models.registry import spec

#: Downloads in a process of its own: the hub's client reads its address when it is imported.
SCRIPT = """
import json, sys
from pathlib import Path
from contract.errors import MeshError
from workers.models.download import download
seen = {}
try:
    files = download(sys.argv[1], Path(sys.argv[2]), lambda name, done, total: seen.update({name: [done, total]}))
    print(json.dumps({"files": [str(file) for file in files], "seen": seen}))
except MeshError as error:
    print(json.dumps({"error": error.message}))
"""


def fetch(model: str, folder: Path, **environment: str) -> dict[str, Any]:
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "HF_HUB_DISABLE_XET": "1", **environment}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, model, str(folder)], capture_output=True, text=True, env=variables, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture
def hub(checkpoints: Path, tmp_path: Path) -> Path:
    """Repositories as published: that of MuQ-MuLan has a torch file only, and more than is needed."""
    folder = tmp_path / "hub"
    for name, owner in (
        ("MuQ-MuLan-large", "OpenMuQ"),
        ("MuQ-large-msd-iter", "OpenMuQ"),
        ("xlm-roberta-base", "FacebookAI"),
    ):
        shutil.copytree(checkpoints / name, folder / owner / name)
    (folder / "OpenMuQ/MuQ-large-msd-iter/model.safetensors").write_bytes(b"not needed")
    return folder


def test_a_model_is_fetched_and_loads(hub: Path, tmp_path: Path, settings: Settings) -> None:
    target = tmp_path / "fetched"

    with serving(hub) as address:
        answer = fetch("muq", target, HF_ENDPOINT=address, HF_HUB_OFFLINE="0")

    assert {Path(file).relative_to(target).as_posix() for file in answer["files"]} == {
        "MuQ-MuLan-large/config.json",
        "MuQ-MuLan-large/model.safetensors",
        "MuQ-large-msd-iter/config.json",
        "xlm-roberta-base/config.json",
        "xlm-roberta-base/tokenizer.json",
    }
    size = (target / "MuQ-MuLan-large/model.safetensors").stat().st_size
    assert answer["seen"]["model.safetensors"] == [size, size]
    adapter = MuQAdapter(spec("muq"), settings(target))
    adapter.load()
    assert adapter.dim == 1536


def test_the_torch_file_is_taken_where_there_is_no_other(hub: Path, tmp_path: Path) -> None:
    weights = hub / "OpenMuQ/MuQ-MuLan-large/model.safetensors"
    weights.rename(weights.with_name("pytorch_model.bin"))

    with serving(hub) as address:
        answer = fetch("muq", tmp_path / "fetched", HF_ENDPOINT=address, HF_HUB_OFFLINE="0")

    assert (tmp_path / "fetched/MuQ-MuLan-large/pytorch_model.bin").is_file()
    assert len(answer["files"]) == 5


def test_what_the_hub_does_not_have_is_told(hub: Path, tmp_path: Path) -> None:
    (hub / "FacebookAI/xlm-roberta-base/tokenizer.json").unlink()

    with serving(hub) as address:
        answer = fetch("muq", tmp_path / "fetched", HF_ENDPOINT=address, HF_HUB_OFFLINE="0")

    assert "FacebookAI/xlm-roberta-base has no tokenizer.json" in answer["error"]


def test_without_a_hub_the_error_says_what_to_do(tmp_path: Path) -> None:
    answer = fetch("mert", tmp_path, HF_HUB_OFFLINE="1")

    assert "cannot be reached" in answer["error"]
    assert str(tmp_path / "MERT-v1-330M") in answer["error"]


def test_what_is_there_is_not_fetched_again(checkpoints: Path) -> None:
    answer = fetch("latent", checkpoints, HF_HUB_OFFLINE="1")

    assert answer["files"] == [str(checkpoints / "music2latent/music2latent.pt")]


def test_every_licence_is_told_and_other_models_have_nothing_to_download() -> None:
    assert all(("CC BY-NC 4.0" if one.hub else "ISC") in one.license for one in sources().values())
    assert list(sources()) == ["musicnn", "muq", "mert", "latent"]
    with pytest.raises(InvalidRequest, match="spectral"):
        source("spectral")
