"""Ids that Navidrome changes and tracks that vanish, with a real store."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from tests.library.conftest import MakeLibrary
from tests.library.house import House, LibraryWorker, eventually
from tests.library.music import Music
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
    house: House, music: Music, library: LibraryWorker, kill_after: float
) -> None:
    # Given
    library.embed()
    audio = sorted(row["audio_id"] for row in house.vectors().values())
    # When the ids change while nobody looks, and the worker is killed while it follows
    library.stop()
    ids = rewrite_all(music)
    library.start()
    time.sleep(kill_after)
    library.kill()
    library.start()
    # Then
    eventually(lambda: set(house.vectors()) == set(ids.values()), "every vector has its new id")
    assert sorted(row["audio_id"] for row in house.vectors().values()) == audio
    assert library.embed()["total_operations"] == 0
    assert len(house.model.heard) == TRACKS
    old = next(iter(ids))
    assert library.call("tracks.get", track_ids=[old])["tracks"][0]["id"] == ids[old]


def test_ids_that_change_during_a_job(house: House, music: Music, library: LibraryWorker) -> None:
    # Given
    house.model.seconds = 0.05
    started = library.call("batch.start")
    library.until(lambda p: p["status"] == "running" and p["processed_operations"] >= 4, "the middle of the job")
    # When
    ids = rewrite_all(music)
    # Then
    job = library.ended()
    assert (job["status"], job["job_id"]) == ("completed", started["job_id"])
    assert (job["total_tracks"], job["processed_tracks"]) == (TRACKS, TRACKS)
    assert set(house.vectors()) == set(ids.values())
    assert sum(count > 1 for count in Counter(house.model.heard).values()) <= 12
    assert library.embed()["total_operations"] == 0


def test_vanished_tracks_are_forgotten_but_never_a_library(
    house: House, music: Music, make_library: MakeLibrary
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
    eventually(lambda: "t0" not in house.vectors(), "the one is forgotten")
    status = eventually(lambda: (s := library.call("library.status"))["notices"] and s, "a notice")
    assert "library 2: 10 of 10" in status["notices"][0]
    assert len(house.vectors()) == 19
    assert status["missing"] == 10
    # When somebody says that it is right
    library.call("library.prune", all=True)
    # Then
    eventually(lambda: len(house.vectors()) == 9, "the library is forgotten")
    assert eventually(lambda: library.call("library.status")["missing"] == 0, "nothing is missed")
