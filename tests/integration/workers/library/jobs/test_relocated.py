"""A file whose path and id change at once is recognised by its audio: nothing is embedded again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.library_mesh import Drained, LibraryMesh, LibraryWorker
from tests.harness.music import Music
from tests.harness.play_model import PlayModel
from tests.harness.waiting import eventually
from tests.integration.workers.library.conftest import MakeLibrary

TRACKS = 10


def move(music: Music, old_id: str, new_id: str, path: str) -> None:
    """The file goes to the second library; Navidrome misses the old track and finds a new one."""
    old_path = music.path(old_id)
    target = music.roots[2] / path
    target.parent.mkdir(parents=True, exist_ok=True)
    (music.roots[1] / old_path).rename(target)
    music.update(old_id, missing=1)
    music.add(new_id, path, library=2, album_id="album-2")


@pytest.fixture
def library(music: Music, make_library: MakeLibrary) -> LibraryWorker:
    for n in range(TRACKS):
        music.add(f"t{n}", f"album/{n}.wav", seed=n)
    library = make_library()
    library.embed()
    return library


def current(library: LibraryWorker, track_id: str) -> str:
    """The id that a track has now."""
    return str(library.call("tracks.get", track_ids=[track_id])["tracks"][0]["id"])


def check_moved(mesh: LibraryMesh, library: LibraryWorker) -> None:
    """`t3` is `new` and nothing is left of it."""
    everything = {*(f"t{n}" for n in range(TRACKS)), "new"} - {"t3"}
    eventually(lambda: set(mesh.vectors()) == everything, "the vector has the new id only")
    eventually(lambda: library.call("library.status")["missing"] == 0, "nothing is missed")
    assert current(library, "t3") == current(library, "new") == "new"
    assert len(mesh.model.heard) == len(set(mesh.model.heard))
    assert library.embed()["total_operations"] == 0


def test_both_ids_are_understood_from_the_moment_it_is_noticed(
    mesh: LibraryMesh, music: Music, library: LibraryWorker
) -> None:
    # Given a job that will take long, for another new track
    audio = mesh.vectors()["t3"]["audio_id"]
    mesh.model.gate.clear()
    music.add("slow", "slow.wav", seed=50)
    with Drained(mesh, "library.changed") as events:
        # When
        move(music, "t3", "new", "moved/third.wav")
        music.scan()
        eventually(lambda: library.call("library.status")["missing"] == 1, "the old one is missed")
        library.call("batch.start")
        # Then
        eventually(lambda: "new" in mesh.vectors(), "it has a vector")
        changed = [event for _, event in events.drain()]
    assert sum(event["adopted"] for event in changed) == 1
    assert library.progress()["status"] == "running"
    assert current(library, "t3") == "new"
    assert library.call("tracks.missing")["track_ids"] == ["t3"]
    # When the job is over
    mesh.model.gate.set()
    library.ended()
    # Then the store has followed
    eventually(lambda: "t3" not in mesh.vectors(), "the old row is gone")
    assert mesh.vectors()["new"]["audio_id"] == audio
    assert library.call("library.status")["missing"] == 0
    assert sorted(mesh.model.heard) == sorted([*(f"{n}.wav" for n in range(TRACKS)), "slow.wav"])
    assert library.embed()["total_operations"] == 0


@pytest.mark.parametrize("kill_after", [0, 1, 2])
def test_it_is_adopted_once_whenever_it_is_killed(
    mesh: LibraryMesh, music: Music, library: LibraryWorker, kill_after: int
) -> None:
    # Given
    move(music, "t3", "new", "moved/third.wav")
    music.scan()
    eventually(lambda: library.call("library.status")["missing"] == 1, "the old one is missed")
    # When it is killed once it has begun, once the vector is copied, once the job is over
    library.call("batch.start")
    if kill_after == 1:
        eventually(lambda: "new" in mesh.vectors(), "it has a vector")
    elif kill_after == 2:
        library.ended()
    library.kill()
    library.start()
    # Then
    library.ended()
    check_moved(mesh, library)


def test_it_happens_by_itself(mesh: LibraryMesh, music: Music, library: LibraryWorker) -> None:
    # Given
    library.stop()
    library.start(SONICMESH_AUTO_EMBED="true")
    # When
    move(music, "t3", "new", "moved/third.wav")
    music.scan()
    # Then
    check_moved(mesh, library)


def test_of_the_same_audio_the_one_with_the_same_name(mesh: LibraryMesh, music: Music, library: LibraryWorker) -> None:
    # Given two tracks of the same audio
    music.add("twin", "live/twin.wav", seed=3)
    library.embed()
    # When both are moved
    move(music, "twin", "new-a", "a/twin.wav")
    move(music, "t3", "new-b", "b/3.wav")
    music.scan()
    eventually(lambda: library.call("library.status")["missing"] == 2, "they are missed")
    library.embed()
    # Then
    eventually(lambda: library.call("library.status")["missing"] == 0, "nothing is missed any more")
    assert (current(library, "twin"), current(library, "t3")) == ("new-a", "new-b")
    assert {"new-a", "new-b"} <= mesh.vectors().keys()
    assert len(mesh.model.heard) == TRACKS


def test_a_file_that_comes_back_is_a_track_of_its_own_again(
    mesh: LibraryMesh, music: Music, library: LibraryWorker
) -> None:
    # Given
    move(music, "t3", "new", "moved/third.wav")
    music.scan()
    eventually(lambda: library.call("library.status")["missing"] == 1, "the old one is missed")
    library.embed()
    check_moved(mesh, library)
    # When
    (music.roots[1] / "album/3.wav").hardlink_to(music.roots[2] / "moved/third.wav")
    music.update("t3", missing=0)
    music.scan()
    eventually(lambda: current(library, "t3") == "t3", "it is known again")
    # Then it gets a copy of the vector
    assert library.embed()["processed_tracks"] == 1
    assert len(mesh.vectors()) == TRACKS + 1
    assert len(mesh.model.heard) == TRACKS


def test_a_copy_that_was_there_before_inherits_the_id(mesh: LibraryMesh, music: Music, library: LibraryWorker) -> None:
    # Given a file that was copied to its new place, and deleted at the old one after both were seen
    music.add("new", "moved/3.wav", seed=3, library=2)
    library.embed()
    assert current(library, "t3") == "t3"
    music.update("t3", missing=1)
    music.scan()
    eventually(lambda: library.call("library.status")["missing"] == 1, "it is missed")
    # When it is forgotten
    library.stop()
    library.start(SONICMESH_PRUNE_AFTER_DAYS="0")
    # Then
    check_moved(mesh, library)


@pytest.fixture
def second(mesh: LibraryMesh) -> Iterator[PlayModel]:
    model = PlayModel("latent")
    running = mesh.serve(model)
    yield model
    running.stop()
    mesh.client.call("search", "vectors.delete", {"track_ids": list(mesh.vectors("latent")), "model": "latent"})


def test_the_vectors_of_other_models_go_along(
    mesh: LibraryMesh, second: PlayModel, music: Music, library: LibraryWorker
) -> None:
    # Given vectors of another model
    library.embed(models=["latent"])
    assert len(mesh.vectors("latent")) == TRACKS
    # When a job of the first model sees that a file was moved
    move(music, "t3", "new", "moved/third.wav")
    music.scan()
    eventually(lambda: library.call("library.status")["missing"] == 1, "the old one is missed")
    library.embed(models=["spectral"])
    # Then both models' vectors are those of the new id
    check_moved(mesh, library)
    assert set(mesh.vectors("latent")) == set(mesh.vectors())
    assert library.embed(models=["latent"])["total_operations"] == 0
    assert len(second.heard) == TRACKS
