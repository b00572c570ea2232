"""Ids that Navidrome changes and tracks that vanish, with a real store."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from tests.harness.library_mesh import Drained, LibraryMesh, LibraryWorker
from tests.harness.music import Music
from tests.harness.waiting import eventually
from tests.integration.workers.library.conftest import MakeLibrary
from workers.library.navidrome.ids import rewritten

TRACKS = 40


def random_id(number: int) -> str:
    """As Navidrome 0.63 made them: too large for 128 bits, so that 0.64 gives another."""
    return f"zzzzzzzzzzzzzzzzzzzz{number:02d}"


def rewrite_all(music: Music) -> dict[str, str]:
    """Do what 0.64 does; new id by old id."""
    ids = {random_id(n): rewritten(random_id(n)) for n in range(TRACKS)}
    for old, new in ids.items():
        music.sql("UPDATE media_file SET id = ? WHERE id = ?", new, old)
    music.scan()
    return ids


@pytest.fixture
def library(music: Music, make_library: MakeLibrary) -> LibraryWorker:
    for n in range(TRACKS):
        music.add(random_id(n), f"album/{n:02d}.wav", seed=n)
    library = make_library()
    library.ready()
    return library


@pytest.mark.parametrize("kill_after", [0.0, 0.15, 0.4])
def test_new_ids_take_the_vectors_over_whenever_it_is_killed(
    mesh: LibraryMesh, music: Music, library: LibraryWorker, kill_after: float
) -> None:
    # Given
    library.embed()
    audio = sorted(row["audio_id"] for row in mesh.vectors().values())
    # When the ids change unnoticed, and the worker is killed while it follows
    library.stop()
    ids = rewrite_all(music)
    library.start()
    time.sleep(kill_after)
    library.kill()
    library.start()
    # Then
    eventually(lambda: set(mesh.vectors()) == set(ids.values()), "every vector has its new id")
    assert sorted(row["audio_id"] for row in mesh.vectors().values()) == audio
    assert library.embed()["total_operations"] == 0
    assert len(mesh.model.heard) == TRACKS
    old = next(iter(ids))
    assert library.call("tracks.get", track_ids=[old])["tracks"][0]["id"] == ids[old]


def test_both_ids_are_understood_while_the_store_has_to_follow(
    mesh: LibraryMesh, music: Music, library: LibraryWorker
) -> None:
    # Given no search worker
    library.embed()
    mesh.search.terminate()
    mesh.search.wait()
    # When
    with Drained(mesh, "library.changed") as events:
        ids = rewrite_all(music)
        old = next(iter(ids))
        eventually(lambda: library.call("tracks.get", track_ids=[ids[old]])["tracks"], "the new ids are known")
        changed = [event for _, event in events.drain()]
    # Then
    known = library.call("tracks.get", track_ids=[old, ids[old]])["tracks"]
    assert [track["id"] for track in known] == [ids[old]] * 2
    assert [(event["adopted"], event["new"], event["vanished"]) for event in changed] == [(TRACKS, 0, 0)]
    # When it is back
    mesh.search = mesh.start_search()
    # Then
    eventually(lambda: set(mesh.vectors()) == set(ids.values()), "every vector has its new id")


def test_ids_that_change_during_a_job(mesh: LibraryMesh, music: Music, library: LibraryWorker) -> None:
    # Given
    mesh.model.seconds = 0.05
    started = library.call("batch.start")
    library.until(lambda p: p["status"] == "running" and p["processed_operations"] >= 4, "the middle of the job")
    # When
    ids = rewrite_all(music)
    # Then
    job = library.ended()
    assert (job["status"], job["job_id"]) == ("completed", started["job_id"])
    assert (job["total_tracks"], job["processed_tracks"]) == (TRACKS, TRACKS)
    assert set(mesh.vectors()) == set(ids.values())
    assert sum(count > 1 for count in Counter(mesh.model.heard).values()) <= 12
    assert library.embed()["total_operations"] == 0


def test_vanished_tracks_are_forgotten_but_never_a_library(
    mesh: LibraryMesh, music: Music, make_library: MakeLibrary
) -> None:
    # Given
    for n in range(10):
        music.add(f"t{n}", f"{n}.wav", seed=n)
        music.add(f"a{n}", f"{n}.wav", seed=100 + n, library=2)
    library = make_library(SONICMESH_PRUNE_AFTER_DAYS="0")
    library.embed()
    # When one track of a library vanishes, and all of the other
    music.update("t0", missing=1)
    music.sql("DELETE FROM media_file WHERE library_id = 2")
    music.scan()
    eventually(lambda: library.call("library.status")["missing"] == 11, "they are missed")
    assert len(library.call("tracks.missing")["track_ids"]) == 11
    library.call("library.prune")
    # Then
    eventually(lambda: "t0" not in mesh.vectors(), "the one is forgotten")
    status = eventually(lambda: (s := library.call("library.status"))["notices"] and s, "a notice")
    assert "library 2: 10 of 10" in status["notices"][0]
    assert len(mesh.vectors()) == 19
    assert status["missing"] == 10
    # When somebody confirms it
    library.call("library.prune", all=True)
    # Then
    eventually(lambda: len(mesh.vectors()) == 9, "the library is forgotten")
    assert eventually(lambda: library.call("library.status")["missing"] == 0, "nothing is missed")


def test_a_database_that_looks_empty_costs_nothing(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> None:
    # Given a library, and a small one
    for n in range(10):
        music.add(f"t{n}", f"{n}.wav", seed=n)
    music.add("small", "small.wav", seed=50, library=2)
    library = make_library(SONICMESH_PRUNE_AFTER_DAYS="0", SONICMESH_AUTO_EMBED="true")
    eventually(lambda: len(mesh.vectors()) == 11, "all is embedded")
    # When another server's database, just made, is in the place of theirs
    theirs = music.database.rename(music.folder / "theirs.db")
    music.make_database()
    eventually(lambda: library.call("library.status")["missing"] == 11, "all are missed")
    library.call("library.prune")
    # Then nothing is forgotten, and a notice for each library says so
    status = eventually(lambda: (s := library.call("library.status"))["notices"] and s, "a notice")
    assert [notice.split(" tracks")[0] for notice in status["notices"]] == ["library 1: 10 of 10", "library 2: 1 of 1"]
    assert len(mesh.vectors()) == 11
    # When it is not Navidrome's, that is reported too
    music.database.write_bytes(b"")
    eventually(lambda: library.call("library.status")["state"] == "waiting", "it waits")
    assert "not (yet) a database of Navidrome" in library.call("library.status")["reason"]
    # When theirs is back
    theirs.rename(music.database)
    eventually(lambda: library.call("library.status")["missing"] == 0, "nothing is missed")
    # Then nothing was lost or is done again
    assert len(mesh.vectors()) == 11
    assert library.ended()["failed_tracks"] == 0
    assert len(mesh.model.heard) == 11
