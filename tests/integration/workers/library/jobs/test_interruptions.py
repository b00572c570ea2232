"""Whatever is killed, paused, cancelled or unavailable during a job, nothing is lost or counted twice."""

from __future__ import annotations

import signal
from collections import Counter

import pytest

from contract.errors import Conflict, NotFound
from tests.harness.library_mesh import LibraryMesh, LibraryWorker
from tests.harness.music import Music
from tests.harness.waiting import eventually
from tests.integration.workers.library.conftest import MakeLibrary

TRACKS = 24


@pytest.fixture
def library(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> LibraryWorker:
    """A library of slow tracks."""
    for n in range(TRACKS):
        music.add(f"t{n:02d}", f"album/{n:02d}.wav", seed=n)
    mesh.model.seconds = 0.05
    library = make_library()
    library.ready()
    return library


def in_the_middle(library: LibraryWorker) -> None:
    library.until(lambda p: p["status"] == "running" and p["processed_operations"] >= 4, "the middle of the job")


def check_complete(mesh: LibraryMesh, job: dict[str, object]) -> None:
    assert (job["status"], job["total_tracks"], job["processed_tracks"]) == ("completed", TRACKS, TRACKS)
    assert len(mesh.vectors()) == TRACKS


@pytest.mark.parametrize("clear", [False, True])
def test_a_killed_library_worker_goes_on_with_its_job(mesh: LibraryMesh, library: LibraryWorker, clear: bool) -> None:
    # Given
    started = library.call("batch.start", clear_existing=clear)
    in_the_middle(library)
    # When
    library.kill()
    library.start()
    # Then
    job = library.ended()
    check_complete(mesh, job)
    assert job["job_id"] == started["job_id"]
    # What the ledger had acknowledged was not computed again: at most what was on its way
    assert sum(count > 1 for count in Counter(mesh.model.heard).values()) <= 12


def test_a_stopped_library_worker_loses_no_vector(mesh: LibraryMesh, library: LibraryWorker) -> None:
    # Given
    library.call("batch.start")
    in_the_middle(library)
    # When
    library.stop()
    written = set(mesh.vectors())
    library.start()
    # Then
    check_complete(mesh, library.ended())
    again = {name for name, count in Counter(mesh.model.heard).items() if count > 1}
    assert not {f"{track_id[1:]}.wav" for track_id in written} & again


def test_nothing_is_done_before_the_store_has_it(mesh: LibraryMesh, library: LibraryWorker) -> None:
    # Given a store that hangs
    library.call("batch.start")
    in_the_middle(library)
    mesh.search.send_signal(signal.SIGSTOP)
    # When everything is computed
    eventually(lambda: len(mesh.model.heard) == TRACKS, "the model has heard every track")
    # Then it is not done until the store continues
    assert library.progress()["processed_operations"] < TRACKS
    mesh.search.send_signal(signal.SIGCONT)
    check_complete(mesh, library.ended())
    assert set(Counter(mesh.model.heard).values()) == {1}


def test_the_end_is_foretold(mesh: LibraryMesh, library: LibraryWorker) -> None:
    # When there is a measurement
    library.call("batch.start")
    job = library.until(lambda p: p["status"] == "running" and p["estimated_completion"], "an estimate")
    # Then
    assert job["started_at"] < job["estimated_completion"] < job["started_at"] + 3600
    assert library.ended()["estimated_completion"] is None


def test_a_killed_search_worker_costs_nothing(mesh: LibraryMesh, library: LibraryWorker) -> None:
    # Given
    library.call("batch.start")
    in_the_middle(library)
    # When
    mesh.search.kill()
    mesh.search.wait()
    mesh.search = mesh.start_search()
    # Then
    check_complete(mesh, library.ended())
    assert max(Counter(mesh.model.heard).values()) == 1


def test_a_job_says_that_it_waits_for_the_store(mesh: LibraryMesh, library: LibraryWorker) -> None:
    # Given no search worker
    mesh.search.terminate()
    mesh.search.wait()
    # When
    library.call("batch.start")
    # Then
    library.until(lambda p: p["status"] == "initialized" and p["message"], "it says what it waits for")
    # When it is back
    mesh.search = mesh.start_search()
    # Then
    check_complete(mesh, library.ended())
    assert library.progress()["message"] == ""


def test_a_model_that_goes_away_is_waited_for(mesh: LibraryMesh, library: LibraryWorker) -> None:
    # Given
    library.call("batch.start")
    in_the_middle(library)
    # When its worker leaves and comes back later
    mesh.stop_model()
    mesh.start_model()
    # Then
    check_complete(mesh, library.ended())
    assert library.progress()["failed_tracks"] == 0


def test_pause_holds_over_a_restart(mesh: LibraryMesh, library: LibraryWorker) -> None:
    # Given
    library.call("batch.start")
    in_the_middle(library)
    # When
    assert library.call("batch.pause")["status"] == "paused"
    library.stop()
    library.start()
    # Then
    paused = library.until(lambda p: p["total_operations"] == TRACKS, "the job is known again")
    assert (paused["status"], paused["estimated_completion"]) == ("paused", None)
    assert paused["processed_operations"] < TRACKS
    with pytest.raises(Conflict):
        library.call("batch.start")
    # When
    assert library.call("batch.resume")["status"] == "running"
    # Then
    check_complete(mesh, library.ended())


def test_cancel_keeps_what_is_done_and_is_not_undone_by_itself(mesh: LibraryMesh, library: LibraryWorker) -> None:
    # Given
    library.call("batch.start")
    in_the_middle(library)
    # When
    assert library.call("batch.cancel")["status"] == "cancelling"
    job = library.ended()
    # Then
    assert job["status"] == "cancelled"
    assert 4 <= len(mesh.vectors()) == job["processed_tracks"] < TRACKS
    with pytest.raises(NotFound):
        library.call("batch.cancel")
    # When the worker is back and may embed automatically: only what is new since then
    library.stop()
    library.start(SONICMESH_AUTO_EMBED="true")
    library.music.add("new", "new.wav", seed=99)
    auto = library.until(lambda p: p["status"] == "completed", "a job by itself")
    # Then
    assert (auto["total_tracks"], auto["automatic"]) == (1, True)
    assert len(mesh.vectors()) == job["processed_tracks"] + 1
    # When somebody asks
    library.embed()
    # Then
    assert len(mesh.vectors()) == TRACKS + 1


def test_a_cancelled_rebuild_leaves_the_old_vectors_in_service(mesh: LibraryMesh, library: LibraryWorker) -> None:
    # Given
    library.embed()
    before = mesh.vectors()
    generation = _generation(mesh)
    mesh.model.model_id = "spectral-2"
    # When
    library.call("batch.start", clear_existing=True)
    in_the_middle(library)
    library.call("batch.cancel")
    # Then
    assert library.ended()["status"] == "cancelled"
    assert mesh.vectors() == before
    assert _generation(mesh) == generation
    # When it is not cancelled
    job = library.embed(clear_existing=True)
    assert [known["status"] for known in library.call("batch.jobs")["jobs"]] == ["completed", "cancelled", "completed"]
    # Then
    check_complete(mesh, job)
    assert {row["model_id"] for row in mesh.vectors().values()} == {"spectral-2"}
    assert _generation(mesh) != generation
    old = {"model": "spectral", "generation": generation, "limit": 1}
    assert mesh.client.call("search", "vectors.scan", old).result["rows"] == []
    # And the next job has nothing to do
    assert library.embed()["total_operations"] == 0


def test_a_rebuild_without_the_disk_fails_and_changes_nothing(mesh: LibraryMesh, library: LibraryWorker) -> None:
    # Given
    library.embed()
    before = mesh.vectors()
    # When the files are gone
    library.music.roots[1].rename(library.music.folder / "elsewhere")
    job = library.embed(clear_existing=True)
    # Then
    assert job["status"] == "failed"
    assert "the old vectors stay" in job["message"]
    assert mesh.vectors() == before
    assert library.call("batch.jobs")["jobs"][0]["status"] == "failed"


def test_a_rebuild_counts_only_what_is_there(mesh: LibraryMesh, library: LibraryWorker) -> None:
    # Given vectors of a library, most of which is then deleted in Navidrome
    library.embed()
    before, generation = mesh.vectors(), _generation(mesh)
    kept = sorted(before)[:2]
    marks = ",".join("?" * len(kept))
    library.music.sql(f"DELETE FROM media_file WHERE id NOT IN ({marks})", *kept)
    library.music.scan()
    eventually(lambda: library.call("library.status")["tracks"] == len(kept), "the library knows that they vanished")
    # When
    job = library.embed(clear_existing=True)
    # Then the new vectors go into service
    assert (job["status"], job["total_tracks"]) == ("completed", len(kept))
    assert sorted(mesh.vectors()) == kept
    assert _generation(mesh) != generation


def _generation(mesh: LibraryMesh) -> str:
    return str(mesh.client.call("search", "store.status").result["models"]["spectral"]["generation"])
