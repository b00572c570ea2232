"""Hours in which jobs that began by themselves work."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.harness.library_mesh import LibraryMesh, LibraryWorker
from tests.harness.music import Music
from tests.harness.waiting import eventually
from tests.integration.workers.library.conftest import MakeLibrary

TRACKS = 5


def closed_now() -> str:
    """Hours that begin six hours from now."""
    hour = time.localtime().tm_hour
    return f"{(hour + 6) % 24}-{(hour + 8) % 24}"


@pytest.fixture
def waiting(mesh: LibraryMesh, music: Music, make_library: MakeLibrary) -> LibraryWorker:
    """A job that began by itself outside the hours."""
    for n in range(TRACKS):
        music.add(f"t{n}", f"album/{n}.wav", seed=n)
    library = make_library(SONICMESH_AUTO_EMBED="true", SONICMESH_JOB_HOURS=closed_now())
    job = library.until(lambda p: p["status"] == "running" and p["waiting"], "a job waits")
    assert "SONICMESH_JOB_HOURS" in job["waiting"]["reason"] and job["message"] == job["waiting"]["reason"]
    return library


def test_it_waits_and_says_so(mesh: LibraryMesh, waiting: LibraryWorker, music: Music) -> None:
    music.add("new", "album/new.wav", seed=77)
    music.scan()
    job = waiting.until(lambda p: p["total_tracks"] == TRACKS + 1, "what is new waits with the others")
    time.sleep(1.5)
    assert mesh.model.heard == [] and job["processed_tracks"] == 0


def test_a_job_that_somebody_starts_takes_its_place(mesh: LibraryMesh, waiting: LibraryWorker) -> None:
    first = waiting.progress()["job_id"]
    started = waiting.call("batch.start", track_ids=["t1"])
    assert started["job_id"] != first

    def ended() -> dict[str, Any] | None:
        job = waiting.call("batch.job", job_id=started["job_id"])
        return job if job["status"] == "completed" else None

    job = eventually(ended, "it has ended")
    assert (job["automatic"], job["processed_tracks"], mesh.model.heard) == (False, 1, ["1.wav"])
    # Then what is left waits as before
    job = waiting.until(lambda p: p["job_id"] != started["job_id"] and p["waiting"], "another job waits")
    assert job["automatic"] and job["total_tracks"] == TRACKS - 1
    by_id = {each["job_id"]: each for each in waiting.call("batch.jobs")["jobs"]}
    assert by_id[first]["status"] == "cancelled" and "took its place" in by_id[first]["message"]


def test_it_goes_on_in_the_hours(mesh: LibraryMesh, waiting: LibraryWorker) -> None:
    waiting.stop()
    waiting.start(SONICMESH_JOB_HOURS="0-23:59" if time.localtime().tm_hour < 23 else "12-11")
    assert waiting.ended()["status"] == "completed"
    assert len(mesh.vectors()) == TRACKS


def test_a_waiting_job_can_be_cancelled(mesh: LibraryMesh, waiting: LibraryWorker) -> None:
    waiting.call("batch.cancel")
    assert waiting.ended()["status"] == "cancelled"
    assert mesh.model.heard == []
