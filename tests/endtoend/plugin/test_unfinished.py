"""Mixes while the library is being embedded: made from what exists, and again once the job has ended."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import demo
from tests.endtoend.plugin.server import Server
from tests.endtoend.plugin.town import FOLLOW_S, Town
from tests.harness.play_model import PlayModel
from tests.harness.standing_in import standing_in
from tests.harness.supervised import SupervisedMesh
from tests.harness.waiting import eventually

if TYPE_CHECKING:
    from tests.harness.plugin_runtime import Navidrome, Runtime

#: Tracks that are embedded before the job waits.
FIRST = 30


@pytest.fixture
def town(demo_library: demo.DemoLibrary) -> Iterator[Town]:
    """Nothing is embedded; alice heard every third track of library 1."""
    folder = Path(tempfile.mkdtemp(prefix="sm h"))
    server = Server(folder, demo_library.database)
    paths = [str(path) for (path,) in server.rows("SELECT path FROM media_file WHERE library_id = 1 ORDER BY path")]
    server.listen("alice", paths[::3], days=3)
    mesh = SupervisedMesh(folder / "k", NAVIDROME_DB_PATH=server.database, SONICMESH_AUTO_EMBED="false")
    try:
        mesh.json("run", "--no-wait")
        yield Town(server, mesh)
    finally:
        mesh.close()
        shutil.rmtree(folder)


@pytest.fixture
def model(town: Town) -> Iterator[PlayModel]:
    """A job has embedded a part of the library, and waits."""
    with standing_in(town.mesh, PlayModel()) as model, town.mesh.connect() as client:
        model.seconds = 0.02
        client.call("library", "batch.start", {})
        eventually(lambda: len(model.heard) >= FIRST, seconds=FOLLOW_S)
        model.gate.clear()
        yield model


def songs(navidrome: Navidrome) -> dict[str, list[str]]:
    return {name: playlist.songs for name, playlist in navidrome.of("alice").items()}


def finish(town: Town, model: PlayModel) -> None:
    model.gate.set()
    with town.mesh.connect() as client:
        eventually(
            lambda: client.call("library", "batch.progress").result["status"].startswith("completed"), seconds=FOLLOW_S
        )


def test_mixes_of_a_part_are_written_again_when_the_job_has_ended(
    town: Town, model: PlayModel, runtime: Runtime
) -> None:
    # Given mixes that were written during the first job
    navidrome = town.navidrome("alice")
    runtime.start(navidrome)
    assert runtime.wait(navidrome, rounds=2) == []
    first = songs(navidrome)
    assert first
    # When the plugin checks again and again while the job runs
    for _ in range(3):
        writes = navidrome.calls.count("createPlaylist")
        assert [task["delaySeconds"] > 0 for task in navidrome.once] == [True]
        assert runtime.wait(navidrome, rounds=1) == []
        # Then nothing is written meanwhile
        assert navidrome.calls.count("createPlaylist") == writes
    # When the job has ended
    finish(town, model)
    assert runtime.wait(navidrome, rounds=1) == []
    # Then the same playlists are of the whole library, and nothing is left to do
    second = songs(navidrome)
    assert second.keys() >= first.keys()
    assert sum(map(len, second.values())) > sum(map(len, first.values()))
    assert len(navidrome.playlists) == len(second)
    assert not navidrome.once


def test_a_night_and_a_restart_in_the_middle_of_a_job(town: Town, model: PlayModel, runtime: Runtime) -> None:
    # Given two nights of one job
    navidrome = town.navidrome("alice")
    runtime.start(navidrome)
    for _ in range(2):
        runtime.call(navidrome, "nd_scheduler_callback", {**navidrome.recurring[0], "isRecurring": True})
        assert runtime.wait(navidrome, rounds=2) == []
    # Then one wait is left of them and of the start, however many there were
    assert runtime.wait(navidrome, rounds=1) == []
    assert len(navidrome.once) == 1
    # When Navidrome restarts, which forgets the wait, after the job
    finish(town, model)
    before = songs(navidrome)
    runtime.start(navidrome)
    assert runtime.wait(navidrome) == []
    # Then they are written again, though some were written today
    assert songs(navidrome) != before
    writes = navidrome.calls.count("createPlaylist")
    runtime.start(navidrome)
    assert runtime.wait(navidrome) == []
    assert navidrome.calls.count("createPlaylist") == writes
