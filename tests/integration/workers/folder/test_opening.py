"""Opening new, older, newer and faulty data folders."""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
import stat
from pathlib import Path

import pytest

from contract.errors import Conflict, MeshError, StoreUnavailable
from contract.release import release
from tests.harness.data_folders import fixture, tables, told, unpack, write
from tests.harness.planted_folder import BASE, LATER, PLANTED, RENAMED, STEPS
from workers.folder import opening, versions
from workers.folder.opening import FolderInUse, NewerFolder, look_at, open_folder, step_back
from workers.folder.versions import VERSIONS, Version, newest
from workers.library.state.database import StateDatabase
from workers.library.state.schema import MIGRATIONS


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretends to be the later release."""
    monkeypatch.setattr(versions, "VERSIONS", PLANTED)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PATIENCE_SECONDS", 0.1)


def older(folder: Path) -> Path:
    """A data folder as this release leaves it."""
    unpack(BASE, folder)
    return folder / "data"


def test_a_change_of_a_schema_is_a_version_of_the_folder() -> None:
    assert VERSIONS[-1].state_schema == len(MIGRATIONS), (
        "a migration of state.db needs an entry in workers/folder/versions.py (and a fixture): "
        "so that a copy is kept before it, and older releases refuse the folder"
    )


@pytest.mark.parametrize("version", range(1, newest() + 1))
def test_every_version_has_a_fixture(version: int, tmp_path: Path) -> None:
    assert fixture(version).exists(), "run `python -m tests.data.make_data_folder`"
    assert fixture(version).stat().st_size < 300_000
    unpack(version, tmp_path)
    connection = sqlite3.connect(tmp_path / "data/state.db")
    assert connection.execute("PRAGMA user_version").fetchone() == (VERSIONS[version - 1].state_schema,)
    connection.close()
    assert look_at(tmp_path / "data").version == version


def test_a_new_folder_gets_this_releases_version(tmp_path: Path, later: None) -> None:
    data = tmp_path / "deep" / "data"
    assert look_at(data).version == LATER
    assert not data.exists()
    with open_folder(data) as folder:
        assert folder.upgraded_from is None
    assert told(data) == {"version": LATER, "written_by": release()}
    assert sorted(path.name for path in data.iterdir()) == ["version.json", "version.lock"]
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in data.iterdir()} == {0o600}


def test_a_folder_of_before_gets_the_file(tmp_path: Path) -> None:
    unpack(1, tmp_path)
    data = tmp_path / "data"
    assert not (data / "version.json").exists()
    with open_folder(data) as folder:
        assert folder.upgraded_from == (None if newest() == 1 else 1)
    assert told(data) == {"version": newest(), "written_by": release()}
    assert [path.name for path in data.glob("state-v*")] == ([] if newest() == 1 else ["state-v1.db"])


def test_an_older_folder_is_brought_up_to_date_once(tmp_path: Path, later: None) -> None:
    # Given an older folder, whose state.db has its last commits in the log next to it
    data = older(tmp_path)
    writer = sqlite3.connect(data / "state.db")
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("INSERT INTO preference VALUES ('u1', 'anna', '{}', 1.5)")
    writer.commit()
    # When
    with open_folder(data) as folder:
        assert folder.upgraded_from == BASE
    # Then both steps were taken, and the copy is complete and from before
    writer.close()
    assert told(data) == {"version": LATER, "written_by": release()}
    assert (data / STEPS).read_text() == "one\ntwo\n"
    assert (data / RENAMED).exists()
    assert not (data / "scale.json").exists()
    assert tables(data / "state.db") - tables(data / f"state-v{BASE}.db") == {"planted"}
    kept = sqlite3.connect(data / f"state-v{BASE}.db")
    assert kept.execute("SELECT user_id FROM preference").fetchall() == [("u1",)]
    kept.close()
    assert stat.S_IMODE((data / f"state-v{BASE}.db").stat().st_mode) == 0o600
    assert not list(data.glob("*.part"))
    # When it is opened again
    with open_folder(data) as folder:
        assert folder.upgraded_from is None
    assert (data / STEPS).read_text() == "one\ntwo\n"


def test_an_upgrade_needs_no_file_to_be_there(tmp_path: Path, later: None) -> None:
    write(tmp_path, version=BASE + 1, written_by="0.2.0")
    with open_folder(tmp_path) as folder:
        assert folder.upgraded_from == BASE + 1
    assert (tmp_path / STEPS).read_text() == "two\n"
    assert not list(tmp_path.glob("state*.db"))


def test_a_newer_folder_is_refused_with_both_versions_and_what_to_do(tmp_path: Path) -> None:
    newer = newest() + 1
    write(tmp_path, version=newer, written_by="9.8.7")
    (tmp_path / f"state-v{newest()}.db").touch()
    for look in (open_folder, look_at, StateDatabase):
        with pytest.raises(NewerFolder) as caught:
            look(tmp_path)
        message = caught.value.message
        assert f"{tmp_path} has version {newer}, by Sonic Mesh 9.8.7; this is {release()}" in message
        assert f"supports up to {newest()}: upgrade Sonic Mesh, or move the folder away and restore an older" in message
        assert f"state-v{newest()}.db" in message
        assert "\n" not in message
    assert told(tmp_path)["version"] == newer
    assert not (tmp_path / "state.lock").exists()


def test_an_upgrade_of_a_newer_release_that_has_not_ended_is_refused(tmp_path: Path) -> None:
    write(tmp_path, version=newest(), written_by="9.8.7", upgrading_to=newest() + 1)
    told_of = f"is being upgraded from version {newest()} to {newest() + 1}, by Sonic Mesh 9.8.7"
    with pytest.raises(NewerFolder, match=re.escape(told_of)):
        open_folder(tmp_path)


def test_garbage_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "version.json").write_text("no version")
    with pytest.raises(Conflict, match="was not written by Sonic Mesh"):
        open_folder(tmp_path)
    assert (tmp_path / "version.json").read_text() == "no version"


def test_nothing_is_changed_beneath_who_uses_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, impatient: None
) -> None:
    # Given an older mesh that has the folder open
    data = older(tmp_path)
    with open_folder(data):
        monkeypatch.setattr(versions, "VERSIONS", PLANTED)
        # When a newer one comes
        with pytest.raises(FolderInUse, match=r"older release use .*: stop the mesh"):
            open_folder(data)
        assert (told(data)["version"], (data / STEPS).exists()) == (BASE, False)
    # Then it does as soon as that has gone
    open_folder(data).close()
    assert told(data)["version"] == LATER


def test_a_library_worker_of_before_the_version_is_respected(tmp_path: Path, later: None) -> None:
    data = older(tmp_path)
    with (data / "state.lock").open("a") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="library worker of an older release uses"):
            open_folder(data)
    assert not (data / STEPS).exists()
    open_folder(data).close()
    assert told(data)["version"] == LATER


def test_a_step_that_fails_leaves_it_to_the_next_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = older(tmp_path)
    calls: list[Path] = []

    def fails_once(folder: Path) -> None:
        calls.append(folder)
        with sqlite3.connect(folder / "state.db") as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS planted (number INTEGER)")
        if len(calls) == 1:
            raise OSError("no space left on device")

    monkeypatch.setattr(versions, "VERSIONS", (*VERSIONS, Version(3, fails_once)))
    with pytest.raises(StoreUnavailable, match=f"cannot be upgraded to version {BASE + 1}: no space left"):
        open_folder(data)
    assert told(data) == {"version": BASE, "written_by": release(), "upgrading_to": BASE + 1}
    open_folder(data).close()
    assert told(data)["version"] == BASE + 1
    assert "planted" not in tables(data / f"state-v{BASE}.db")


def test_a_state_that_cannot_be_copied_leaves_all_as_it_is(tmp_path: Path, later: None) -> None:
    data = older(tmp_path)
    before = look_at(data)
    (data / "state.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreUnavailable, match=f"cannot be upgraded to version {LATER}: file is not a database"):
        open_folder(data)
    assert look_at(data) == before
    assert not (data / STEPS).exists()
    assert not list(data.glob("*.part"))


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    data = older(tmp_path)
    data.chmod(0o500)
    try:
        if os.access(data, os.W_OK):  # this user may write everywhere, so a lock that cannot be created stands in
            (data / "version.lock").mkdir()
        with pytest.raises(StoreUnavailable, match=f"{data} cannot be opened: "):
            open_folder(data)
    finally:
        data.chmod(0o700)
    assert look_at(data).version == BASE


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(StoreUnavailable):
        open_folder(tmp_path / "data")
    with pytest.raises(MeshError):
        look_at(tmp_path / "data")


def test_older_files_that_come_into_the_folder_are_brought_up_to_date(tmp_path: Path, later: None) -> None:
    data = older(tmp_path)
    with open_folder(data):
        step_back(data, LATER)
        assert told(data)["version"] == LATER
        step_back(data, BASE)
    with open_folder(data) as folder:
        assert folder.upgraded_from == BASE
    assert (data / STEPS).read_text() == "one\ntwo\none\ntwo\n"
