"""The files that supervisord.conf includes."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from cli.programs import CORE, MAX_MEMBERS, default_scale, keep_scale, programs_folder, read_scale, write_programs
from contract.errors import InvalidRequest
from contract.settings import load_settings
from workers.runtime.settings import WorkerSettings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WorkerSettings:
    home = tmp_path / "a mesh 100%"
    home.mkdir()
    monkeypatch.setenv("SONICMESH_HOME", str(home))
    return load_settings(WorkerSettings)


def _read(name: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.read(programs_folder() / name)
    return parser


def test_every_model_is_declared_and_only_enabled_ones_start(settings: WorkerSettings) -> None:
    # When
    scale = write_programs(settings, ("spectral",), {})
    # Then
    assert scale["spectral"] == default_scale("spectral")
    assert scale["muq"] == 0
    muq = _read("muq.conf")
    assert muq["group:muq"]["programs"].split(",")[0] == "muq_01"
    assert len(muq["group:muq"]["programs"].split(",")) == MAX_MEMBERS
    assert muq["program:muq_01"]["autostart"] == "false"
    assert _read("spectral.conf")["program:spectral_01"]["autostart"] == "true"


def test_scale_is_kept_over_restarts(settings: WorkerSettings) -> None:
    # Given
    keep_scale(settings, {"spectral": 3})
    # When
    write_programs(settings, ("spectral",), {})
    # Then
    conf = _read("spectral.conf")
    starts = [conf[f"program:spectral_{n:02d}"]["autostart"] for n in range(1, MAX_MEMBERS + 1)]
    assert starts == ["true"] * 3 + ["false"] * (MAX_MEMBERS - 3)
    assert read_scale(settings, ("spectral",))["spectral"] == 3


@pytest.mark.parametrize("changes", [{"polka": 1}, {"spectral": MAX_MEMBERS + 1}, {"spectral": -1}])
def test_scale_refuses_what_it_cannot_do(settings: WorkerSettings, changes: dict[str, int]) -> None:
    with pytest.raises(InvalidRequest):
        keep_scale(settings, changes)
    assert read_scale(settings, ("spectral",))["spectral"] == default_scale("spectral")


def test_only_the_library_has_the_demo_library(settings: WorkerSettings) -> None:
    # When
    write_programs(settings, ("spectral",), {"NAVIDROME_DB_PATH": "/demo/navidrome.db"})
    # Then
    conf = _read("00-mesh.conf")
    having = [p for p in CORE if "NAVIDROME_DB_PATH=/demo/navidrome.db" in conf[f"program:{p}"]["command"]]
    assert having == ["library"]


def test_a_log_folder_of_its_own_moves_all_logs(settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    monkeypatch.setenv("LOG_DIR", "elsewhere")
    # When
    write_programs(load_settings(WorkerSettings), ("spectral",), {})
    # Then
    overrides = _read("00-mesh.conf")
    assert all(
        Path(overrides[f"program:{program}"]["stdout_logfile"]).parent.name == "elsewhere"
        for program in ("broker", "search", "library", "gateway")
    )
