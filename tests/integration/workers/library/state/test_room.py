"""A full disk is reported once and waited for, and nothing is lost."""

from __future__ import annotations

import errno
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.library_mesh import LibraryMesh
from tests.harness.music import Music
from tests.integration.workers.library.conftest import MakeLibrary
from workers.library.state.database import StateDatabase, StateUnavailable

TRACKS = 40
#: Size of the disk: enough for an empty `state.db`, and the log of what is written to it.
SIZE = "2m"


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder on a small disk of its own."""
    folder = tmp_path / "data"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill_up(path: Path) -> None:
    """Take all the room that is left."""
    with path.open("wb", buffering=0) as ballast:
        for size in (4096, 1):
            try:
                while ballast.write(bytes(size)):
                    pass
            except OSError as error:
                assert error.errno == errno.ENOSPC


def test_a_job_waits_for_room_and_goes_on(
    mesh: LibraryMesh, music: Music, data: Path, make_library: MakeLibrary, capfd: pytest.CaptureFixture[str]
) -> None:
    # Given a job at work
    for number in range(TRACKS):
        music.add(f"t{number}", f"{number:02d}.wav", seed=number)
    library = make_library(SONICMESH_AUTO_EMBED="false")
    library.ready()
    mesh.model.gate.clear()
    library.call("batch.start")
    library.until(lambda p: p["status"] == "running" and p["current_track"], "a track is with the model")
    assert library.progress()["waiting"] is None
    # When the disk is full
    fill_up(data / "ballast")
    mesh.model.gate.set()
    # Then the job runs on, says what it waits for, and no track fails for it
    told = library.until(lambda p: p["waiting"], "the job waits for room")
    assert (told["status"], told["failed_tracks"]) == ("running", 0)
    assert told["waiting"]["path"] == str(data / "state.db")
    assert "no room" in told["waiting"]["reason"]
    assert told["message"] == told["waiting"]["reason"]
    for _ in range(20):  # several tries of the job
        assert library.progress()["status"] == "running"
        library.call("library.status")
    # When there is room again
    (data / "ballast").unlink()
    # Then it continues by itself, and nothing was lost
    ended = library.ended()
    assert (ended["status"], ended["waiting"], ended["failed_tracks"]) == ("completed", None, 0)
    assert len(mesh.vectors()) == TRACKS
    said = capfd.readouterr().err
    assert "Traceback" not in said
    assert said.count("jobs are waiting") == 1


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDatabase]:
    state = StateDatabase(tmp_path / "state")
    yield state
    state.close()


def test_what_does_not_fit_is_not_kept_and_typed(state: StateDatabase) -> None:
    # Given a database that must not grow
    pages = state.row("PRAGMA page_count")
    assert pages is not None
    state.row(f"PRAGMA max_page_count = {pages[0]}")
    # When
    with pytest.raises(StateUnavailable, match="no room") as caught, state.write() as connection:
        connection.execute("INSERT INTO person VALUES ('a', 'alice')")
        for number in range(1000):
            connection.execute("INSERT INTO person VALUES (?, ?)", (str(number), "x" * 1000))
    # Then
    assert caught.value.detail == {"path": str(state.path)}
    assert state.rows("SELECT * FROM person") == []
    # When there is room again
    state.row("PRAGMA max_page_count = 1000000")
    with state.write() as connection:
        connection.execute("INSERT INTO person VALUES ('a', 'alice')")
    assert state.rows("SELECT id FROM person") == [("a",)]


def test_a_defect_is_no_full_disk(state: StateDatabase) -> None:
    with pytest.raises(sqlite3.OperationalError):
        state.rows("SELECT nothing FROM nowhere")
