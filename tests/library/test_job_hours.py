"""Hours in which jobs that began by themselves work."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest

from contract.settings import SettingsError, load_settings
from tests.library.conftest import MakeLibrary
from tests.library.house import House, LibraryWorker, eventually
from tests.library.music import Music
from workers.library.jobs.hours import Hours
from workers.library.settings import LibrarySettings

TRACKS = 5


def at(hour: int, minute: int = 0) -> float:
    """Unix seconds of a time of some day, by this machine's clock."""
    return datetime(2026, 5, 20, hour, minute).astimezone().timestamp()


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("22-7", [(22, 0), (23, 59), (0, 0), (6, 59)], [(7, 0), (12, 0), (21, 59)]),
        ("9-17", [(9, 0), (16, 59)], [(8, 59), (17, 0), (0, 0)]),
        ("22:30 - 6:15", [(22, 30), (6, 14)], [(22, 29), (6, 15)]),
        ("18-24", [(18, 0), (23, 59)], [(0, 0), (17, 59)]),
    ],
)
def test_hours(text: str, inside: list[tuple[int, int]], outside: list[tuple[int, int]]) -> None:
    hours = Hours.parse(text)
    assert all(hours.contain(at(*moment)) for moment in inside)
    assert not any(hours.contain(at(*moment)) for moment in outside)
    wait = hours.wait(at(*outside[0]))
    assert wait is not None and "SONICMESH_JOB_HOURS" in wait.reason
    assert hours.wait(at(*inside[0])) is None


@pytest.mark.parametrize("text", ["22", "a-b", "25-7", "22-22", "22:70-7", "0-24", "-", "7-22-3"])
def test_what_is_no_hours(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONICMESH_JOB_HOURS", text)
    with pytest.raises(SettingsError, match="SONICMESH_JOB_HOURS"):
        load_settings(LibrarySettings)


def closed_now() -> str:
    """Hours that begin six hours from now."""
    hour = time.localtime().tm_hour
    return f"{(hour + 6) % 24}-{(hour + 8) % 24}"


@pytest.fixture
def waiting(house: House, music: Music, make_library: MakeLibrary) -> LibraryWorker:
    """A job that began by itself outside the hours."""
    for n in range(TRACKS):
        music.add(f"t{n}", f"album/{n}.wav", seed=n)
    library = make_library(SONICMESH_AUTO_EMBED="true", SONICMESH_JOB_HOURS=closed_now())
    job = library.until(lambda p: p["status"] == "running" and p["waiting"], "a job waits")
    assert "SONICMESH_JOB_HOURS" in job["waiting"]["reason"] and job["message"] == job["waiting"]["reason"]
    return library


def test_it_waits_and_says_so(house: House, waiting: LibraryWorker, music: Music) -> None:
    music.add("new", "album/new.wav", seed=77)
    music.scan()
    job = waiting.until(lambda p: p["total_tracks"] == TRACKS + 1, "what is new waits with the others")
    time.sleep(1.5)
    assert house.model.heard == [] and job["processed_tracks"] == 0


def test_a_job_that_somebody_starts_takes_its_place(house: House, waiting: LibraryWorker) -> None:
    first = waiting.progress()["job_id"]
    started = waiting.call("batch.start", track_ids=["t1"])
    assert started["job_id"] != first

    def ended() -> dict[str, Any] | None:
        job = waiting.call("batch.job", job_id=started["job_id"])
        return job if job["status"] == "completed" else None

    job = eventually(ended, "it has ended")
    assert (job["automatic"], job["processed_tracks"], house.model.heard) == (False, 1, ["1.wav"])
    # Then what is left waits as before
    job = waiting.until(lambda p: p["job_id"] != started["job_id"] and p["waiting"], "another job waits")
    assert job["automatic"] and job["total_tracks"] == TRACKS - 1
    by_id = {each["job_id"]: each for each in waiting.call("batch.jobs")["jobs"]}
    assert by_id[first]["status"] == "cancelled" and "took its place" in by_id[first]["message"]


def test_it_goes_on_in_the_hours(house: House, waiting: LibraryWorker) -> None:
    waiting.stop()
    waiting.start(SONICMESH_JOB_HOURS="0-23:59" if time.localtime().tm_hour < 23 else "12-11")
    assert waiting.ended()["status"] == "completed"
    assert len(house.vectors()) == TRACKS


def test_a_waiting_job_can_be_cancelled(house: House, waiting: LibraryWorker) -> None:
    waiting.call("batch.cancel")
    assert waiting.ended()["status"] == "cancelled"
    assert house.model.heard == []
