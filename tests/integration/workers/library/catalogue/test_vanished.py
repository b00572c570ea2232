"""A track that Navidrome loses leaves the answers at once, and comes back with it: real broker, search and library."""

from __future__ import annotations

import pytest

from tests.harness.library_mesh import LibraryMesh, LibraryWorker
from tests.harness.music import Music
from tests.harness.waiting import eventually
from tests.integration.workers.library.conftest import MakeLibrary

TRACKS = 8
SEED = "t0"


@pytest.fixture
def library(music: Music, make_library: MakeLibrary) -> LibraryWorker:
    for n in range(TRACKS):
        music.add(f"t{n}", f"album {n}/tune {n}.wav", seed=n, artist_id=f"artist-{n}", artist=f"Artist {n}")
    library = make_library()
    library.embed()
    return library


def recommended(mesh: LibraryMesh) -> set[str]:
    params = {"seeds": [{"track_id": SEED}], "limit": TRACKS, "models": ["spectral"]}
    return {track["track_id"] for track in mesh.client.call("search", "recommend", params).result["tracks"]}


def similar(mesh: LibraryMesh) -> set[str]:
    params = {"model": "spectral", "track_id": SEED, "limit": TRACKS}
    return {match["track_id"] for match in mesh.client.call("search", "vectors.similar", params).result["matches"]}


def path(mesh: LibraryMesh) -> set[str]:
    params = {"from_id": SEED, "to_id": "t1", "count": TRACKS, "model": "spectral"}
    return {track["track_id"] for track in mesh.client.call("search", "path", params).result["tracks"]}


def test_a_vanished_track_is_in_no_answer_until_it_returns(
    mesh: LibraryMesh, music: Music, library: LibraryWorker
) -> None:
    everything = {f"t{n}" for n in range(TRACKS)}
    eventually(lambda: recommended(mesh) == everything - {SEED}, "all tracks are recommended")
    # When one is marked missing and one is gone from the database
    music.update("t3", missing=1)
    music.sql("DELETE FROM media_file WHERE id = 't5'")
    music.scan()
    # Then no answer names them, though their vectors are kept
    left = everything - {"t3", "t5"}
    eventually(lambda: recommended(mesh) == left - {SEED}, "the vanished tracks are not recommended")
    assert similar(mesh) == path(mesh) == left
    assert set(mesh.vectors()) == everything
    # And one that vanished is still good to ask with
    music.update(SEED, missing=1)
    music.scan()
    eventually(lambda: SEED not in similar(mesh), "the seed vanished")
    assert recommended(mesh) == left - {SEED}
    # When a search worker is started again, it knows
    mesh.search.kill()
    mesh.search.wait()
    mesh.search = mesh.start_search()
    eventually(lambda: recommended(mesh) == left - {SEED}, "a new search worker knows it too")
    # When they are back, they are answered again, and nothing was embedded for that
    heard = len(mesh.model.heard)
    for track_id in (SEED, "t3"):
        music.update(track_id, missing=0)
    music.scan()
    eventually(lambda: recommended(mesh) == everything - {SEED, "t5"}, "the tracks are back")
    assert len(mesh.model.heard) == heard
