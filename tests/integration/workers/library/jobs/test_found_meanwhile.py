"""Tracks that Navidrome finds while a job runs: they do not wait for its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.harness.library_mesh import LibraryMesh, LibraryWorker
from tests.harness.music import Music
from tests.harness.play_model import PlayModel
from tests.integration.workers.library.conftest import MakeLibrary
from workers.library.jobs.planner import MOST_FIRST

TRACKS = 28


@pytest.fixture
def library(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> LibraryWorker:
    """A slow job that started automatically, halfway through."""
    for n in range(TRACKS):
        music.add(f"t{n:02d}", f"album/{n:02d}.wav", seed=n)
    mesh.model.seconds = 0.15
    library = make_library(SONICMESH_AUTO_EMBED="true")
    in_the_middle(library)
    return library


def in_the_middle(library: LibraryWorker) -> None:
    library.until(lambda p: p["status"] == "running" and p["processed_operations"] >= 4, "the middle of the job")


def add_album(music: Music) -> list[str]:
    ids = [music.add(f"new{n}", f"new album/new {n}.wav", seed=100 + n) for n in range(3)]
    music.scan()
    return ids


def check_done(mesh: LibraryMesh, library: LibraryWorker, tracks: int) -> None:
    job = library.ended()
    assert (job["status"], job["total_tracks"], job["processed_tracks"]) == ("completed", tracks, tracks)
    assert len(mesh.vectors()) == tracks


def test_a_new_album_is_embedded_before_the_rest(mesh: LibraryMesh, music: Music, library: LibraryWorker) -> None:
    # Given
    mesh.model.gate.clear()
    job_id, heard = library.progress()["job_id"], len(mesh.model.heard)
    # When
    ids = add_album(music)
    # Then
    job = library.until(lambda p: p["total_tracks"] == TRACKS + len(ids), "it is taken up")
    assert (job["job_id"], job["status"]) == (job_id, "running")
    mesh.model.gate.set()
    check_done(mesh, library, TRACKS + len(ids))
    new = [place for place, name in enumerate(mesh.model.heard) if name.startswith("new")]
    assert len(new) == len(ids)
    assert max(new) < heard + 4 + 2 * len(ids)  # those with the model went before, and some while these were identified
    assert library.progress()["job_id"] == job_id


def test_a_changed_file_is_embedded_once(mesh: LibraryMesh, music: Music, library: LibraryWorker) -> None:
    # When a file changes that the job has not come to yet, and a new one is there
    left = sorted({f"{n:02d}.wav" for n in range(TRACKS)} - set(mesh.model.heard))[0]
    music.replace(f"t{left[:2]}", f"album/{left}", seed=200)
    music.add("new", "new.wav", seed=300)
    music.scan()
    # Then
    library.until(lambda p: p["total_tracks"] == TRACKS + 1, "the new one is taken up")
    library.until(lambda p: p["status"] == "completed" and len(mesh.vectors()) == TRACKS + 1, "all is done")
    assert max(Counter(mesh.model.heard).values()) == 1


def test_what_was_taken_up_outlives_a_kill(mesh: LibraryMesh, music: Music, library: LibraryWorker) -> None:
    # When
    ids = add_album(music)
    library.until(lambda p: p["total_tracks"] == TRACKS + len(ids), "it is taken up")
    library.kill()
    library.start()
    # Then
    check_done(mesh, library, TRACKS + len(ids))
    assert sum(count > 1 for count in Counter(mesh.model.heard).values()) <= 12


def test_more_than_an_album_is_taken_up_as_well(mesh: LibraryMesh, music: Music, library: LibraryWorker) -> None:
    # When so many come that they cannot all go first: copies of one file
    mesh.model.gate.clear()
    (music.roots[1] / "copies").mkdir()
    for n in range(MOST_FIRST + 10):
        (music.roots[1] / f"copies/{n}.wav").hardlink_to(music.roots[1] / "album/00.wav")
    fields = "title, artist, artist_id, album, album_id, duration, size, updated_at, channels, library_id"
    music.sql(
        f"WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < {MOST_FIRST + 9}) "
        f"INSERT INTO media_file (id, path, {fields}) SELECT 'copy' || n, 'copies/' || n || '.wav', {fields} "
        "FROM media_file, number WHERE id = 't00'"
    )
    music.scan()
    library.until(lambda p: p["total_tracks"] == TRACKS + MOST_FIRST + 10, "all are taken up")
    mesh.model.gate.set()
    # Then
    check_done(mesh, library, TRACKS + MOST_FIRST + 10)
    assert max(Counter(mesh.model.heard).values()) == 1


def test_certain_tracks_are_no_more_than_those(mesh: LibraryMesh, music: Music, library: LibraryWorker) -> None:
    # Given a job for certain tracks
    library.call("batch.cancel")
    library.ended()
    left = sorted({f"t{n:02d}" for n in range(TRACKS)} - set(mesh.vectors()))
    started = library.call("batch.start", track_ids=left)
    library.until(lambda p: p["job_id"] == started["job_id"] and p["status"] == "running", "it runs")
    # When
    add_album(music)
    # Then it ends as it was, and another does the rest
    following = library.until(lambda p: p["job_id"] != started["job_id"] and p["status"] == "completed", "the next")
    asked = library.call("batch.job", job_id=started["job_id"])
    assert (asked["status"], asked["total_tracks"]) == ("completed", len(left))
    assert (following["automatic"], following["total_tracks"]) == (True, 3)
    assert len(mesh.vectors()) == TRACKS + 3


def test_nothing_is_taken_up_that_nobody_wants(mesh: LibraryMesh, music: Music, library: LibraryWorker) -> None:
    # Given a job that somebody started where nothing is embedded without a command
    library.stop()
    library.start(SONICMESH_AUTO_EMBED="false")
    # When
    add_album(music)
    # Then
    check_done(mesh, library, TRACKS)


def test_a_new_generation_holds_what_came_meanwhile(mesh: LibraryMesh, music: Music, library: LibraryWorker) -> None:
    # Given
    library.call("batch.cancel")
    library.ended()
    mesh.model.model_id = "spectral-2"
    started = library.call("batch.start", clear_existing=True)
    library.until(lambda p: p["job_id"] == started["job_id"] and p["processed_operations"] >= 4, "the middle of it")
    # When
    add_album(music)
    # Then
    check_done(mesh, library, TRACKS + 3)
    assert library.progress()["job_id"] == started["job_id"]
    assert {row["model_id"] for row in mesh.vectors().values()} == {"spectral-2"}


@pytest.fixture
def second(mesh: LibraryMesh) -> Iterator[PlayModel]:
    """The model `latent`, slow, which does not fit beside `spectral`."""
    model = PlayModel("latent")
    model.fits, model.seconds = False, 0.2
    running = mesh.serve(model)
    yield model
    model.gate.set()
    running.stop()
    mesh.client.call("search", "vectors.delete", {"track_ids": list(mesh.vectors("latent")), "model": "latent"})


def test_a_model_that_was_through_has_its_turn_again(
    mesh: LibraryMesh, second: PlayModel, music: Music, make_library: MakeLibrary
) -> None:
    # Given a job whose first model is done
    for n in range(TRACKS):
        music.add(f"t{n:02d}", f"album/{n:02d}.wav", seed=n)
    mesh.model.fits = False
    library = make_library(SONICMESH_AUTO_EMBED="true", SONICMESH_MODELS="spectral,latent")
    library.until(lambda p: p.get("models", {}).get("latent", {}).get("done", 0) > 1, "the second model is at work")
    assert len(mesh.vectors()) == TRACKS
    # When
    second.gate.clear()
    ids = add_album(music)
    # Then the second waits until the first has embedded them
    library.until(lambda p: p["models"]["spectral"]["done"] == TRACKS + len(ids), "the first has the new ones")
    assert library.progress()["models"]["latent"]["done"] < TRACKS
    second.gate.set()
    check_done(mesh, library, TRACKS + len(ids))
    assert len(mesh.vectors("latent")) == TRACKS + len(ids)
    assert max(Counter(mesh.model.heard + second.heard).values()) == 2
