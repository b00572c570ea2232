"""Pid files, and the names of older guides for them and for the logs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from broker.pid_file import pid_file, write_pid
from cli.guide_names import PROCESSES, link_guide_names, remove_pid_files
from contract.settings import MeshSettings, load_settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MeshSettings:
    monkeypatch.setenv("SONICMESH_HOME", str(tmp_path))
    for name in ("PID_DIR", "LOG_DIR"):
        monkeypatch.delenv(name, raising=False)
    loaded = load_settings(MeshSettings)
    loaded.make_folders()
    return loaded


def test_a_pid_file_lasts_as_long_as_its_process(tmp_path: Path) -> None:
    with pid_file(tmp_path, "search"):
        assert int((tmp_path / "search.pid").read_text()) == os.getpid()
    assert list(tmp_path.iterdir()) == []


def test_the_file_of_a_successor_stays(tmp_path: Path) -> None:
    with pid_file(tmp_path, "search"):
        (tmp_path / "search.pid").write_text("1\n")
    assert (tmp_path / "search.pid").read_text() == "1\n"


def test_a_folder_that_is_missing_stops_nobody(tmp_path: Path) -> None:
    with pid_file(tmp_path / "missing", "search"):
        pass


def test_the_guides_names_lead_to_ours(settings: MeshSettings) -> None:
    write_pid(settings.pids, "gateway")
    (settings.logs / "gateway.log").write_text("hello\n")
    for _ in range(2):
        link_guide_names(settings, logs=True)
    for name in PROCESSES:
        assert int((settings.pids / f"{name}.pid").read_text()) == os.getpid()
        assert (settings.logs / f"{name}.log").read_text() == "hello\n"


def test_a_file_of_the_same_name_is_left_alone(settings: MeshSettings) -> None:
    own = settings.logs / "recommender_api.log"
    own.write_text("somebody's\n")
    link_guide_names(settings, logs=True)
    assert own.read_text() == "somebody's\n"


def test_what_killed_processes_left_is_removed(settings: MeshSettings) -> None:
    write_pid(settings.pids, "gateway")
    link_guide_names(settings, logs=True)
    (settings.pids / "other.pid").write_text("not a number\n")
    remove_pid_files(settings)
    assert [path.name for path in settings.pids.iterdir()] == ["other.pid"]
    assert (settings.logs / "recommender_api.log").is_symlink()
