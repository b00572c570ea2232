"""Whatever process is killed during a job, the job finishes without help and counts nothing twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import demo
from tests.harness.supervised import House, alive, kill, wait_until


def _embeddable(library: demo.DemoLibrary) -> int:
    return sum(track.kind not in {"silent", "text"} for track in library.tracks)


def _start_anew(house: House) -> None:
    """Start a job that embeds everything again and wait until it is halfway through."""
    house.json("embed", "--clear", "--no-wait")
    with house.client() as client:

        def in_the_middle() -> bool:
            job = client.call("library", "batch.progress").result
            return bool(job["status"] == "running" and job["processed_operations"] >= 3)

        wait_until(in_the_middle)


def _finished(house: House) -> dict[str, Any]:
    with house.client() as client:

        def ended() -> dict[str, Any] | None:
            job = client.call("library", "batch.progress", timeout=60).result
            return job if job["status"].startswith(("completed", "failed")) else None

        job: dict[str, Any] = wait_until(ended, 180)
        return job


def _check(house: House, library: demo.DemoLibrary, job: dict[str, Any]) -> None:
    assert job["status"] == "completed_with_errors", house.logs()
    assert (job["processed_tracks"], job["failed_tracks"]) == (len(library.tracks), 2)
    with house.client() as client:
        store = client.call("search", "store.status", timeout=60).result
        rows = client.call("search", "vectors.scan", {"model": "spectral", "limit": 1000}, timeout=60).result["rows"]
    assert store["models"]["spectral"]["count"] == _embeddable(library)
    assert len({row["track_id"] for row in rows}) == len(rows) == _embeddable(library)


@pytest.mark.parametrize("victim", ["broker", "search", "library", "spectral_01", "gateway"])
def test_a_killed_process_costs_nothing(house: House, demo_library: demo.DemoLibrary, victim: str) -> None:
    # Given a job in its middle
    _start_anew(house)
    pid = house.pids()[victim]
    # When
    kill(pid)
    # Then
    _check(house, demo_library, _finished(house))
    assert house.pids()[victim] != pid


def test_a_killed_supervisord_takes_its_children_along(house: House, demo_library: demo.DemoLibrary) -> None:
    # Given a job in its middle
    _start_anew(house)
    pids = house.pids()
    # When
    kill(house.supervisor_pid())
    # Then
    wait_until(lambda: not any(alive(pid) for pid in pids.values()), 60)
    # And the next run continues where it was
    again = house.json("run")
    assert again["joined"] is False
    _check(house, demo_library, again["job"])


def test_one_worker_can_be_stopped_and_started_alone(house: House) -> None:
    # Given
    before = house.pids()
    # When
    stopped = house.supervisorctl("stop", "spectral:spectral_01")
    scaled = house.supervisorctl("start", "spectral:spectral_02")
    # Then
    assert "stopped" in stopped
    assert "started" in scaled
    after = house.pids()
    assert "spectral_01" not in after
    assert {name: pid for name, pid in before.items() if not name.startswith("spectral")} == {
        name: pid for name, pid in after.items() if not name.startswith("spectral")
    }
    # When
    house.json("scale", "spectral=1")
    # Then
    assert wait_until(lambda: "spectral_01" in (now := house.pids()) and "spectral_02" not in now)


def test_logs_rotate(house: House) -> None:
    text = (Path(house.folder) / "supervisord.conf").read_text()
    assert text.count("stdout_logfile_maxbytes=10MB") == text.count("stdout_logfile_backups=5") == 4
    assert (house.folder / "logs/broker.log").exists()
