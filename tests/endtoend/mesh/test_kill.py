"""Whatever process is killed during a job, the job finishes without help and counts nothing twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import demo
from tests.harness.processes import alive, kill
from tests.harness.supervised import SupervisedMesh
from tests.harness.waiting import eventually


def _embeddable(library: demo.DemoLibrary) -> int:
    return sum(track.kind not in {"silent", "text"} for track in library.tracks)


def _start_anew(mesh: SupervisedMesh) -> None:
    """Start a job that embeds everything again and wait until it is halfway through."""
    mesh.json("embed", "--clear", "--no-wait")
    with mesh.connect() as client:

        def in_the_middle() -> bool:
            job = client.call("library", "batch.progress").result
            return bool(job["status"] == "running" and job["processed_operations"] >= 3)

        eventually(in_the_middle)


def _finished(mesh: SupervisedMesh) -> dict[str, Any]:
    with mesh.connect() as client:

        def ended() -> dict[str, Any] | None:
            job = client.call("library", "batch.progress", timeout=60).result
            return job if job["status"].startswith(("completed", "failed")) else None

        job: dict[str, Any] = eventually(ended, seconds=180)
        return job


def _check(mesh: SupervisedMesh, library: demo.DemoLibrary, job: dict[str, Any]) -> None:
    assert job["status"] == "completed_with_errors", mesh.logs()
    assert (job["processed_tracks"], job["failed_tracks"]) == (len(library.tracks), 2)
    with mesh.connect() as client:
        store = client.call("search", "store.status", timeout=60).result
        rows = client.call("search", "vectors.scan", {"model": "spectral", "limit": 1000}, timeout=60).result["rows"]
    assert store["models"]["spectral"]["count"] == _embeddable(library)
    assert len({row["track_id"] for row in rows}) == len(rows) == _embeddable(library)


@pytest.mark.parametrize("victim", ["broker", "search", "library", "spectral_01", "gateway"])
def test_a_killed_process_costs_nothing(mesh: SupervisedMesh, demo_library: demo.DemoLibrary, victim: str) -> None:
    # Given a job in its middle
    _start_anew(mesh)
    pid = mesh.pids()[victim]
    # When
    kill(pid)
    # Then
    _check(mesh, demo_library, _finished(mesh))
    assert mesh.pids()[victim] != pid


def test_a_killed_supervisord_takes_its_children_along(mesh: SupervisedMesh, demo_library: demo.DemoLibrary) -> None:
    # Given a job in its middle
    _start_anew(mesh)
    pids = mesh.pids()
    # When
    kill(mesh.supervisor_pid())
    # Then
    eventually(lambda: not any(alive(pid) for pid in pids.values()), seconds=60)
    # And the next run continues where it was
    again = mesh.json("run")
    assert again["joined"] is False
    _check(mesh, demo_library, again["job"])


def test_one_worker_can_be_stopped_and_started_alone(mesh: SupervisedMesh) -> None:
    # Given
    before = mesh.pids()
    # When
    stopped = mesh.supervisorctl("stop", "spectral:spectral_01")
    scaled = mesh.supervisorctl("start", "spectral:spectral_02")
    # Then
    assert "stopped" in stopped
    assert "started" in scaled
    after = mesh.pids()
    assert "spectral_01" not in after
    assert {name: pid for name, pid in before.items() if not name.startswith("spectral")} == {
        name: pid for name, pid in after.items() if not name.startswith("spectral")
    }
    # When
    mesh.json("scale", "spectral=1")
    # Then
    assert eventually(lambda: "spectral_01" in (now := mesh.pids()) and "spectral_02" not in now)


def test_logs_rotate(mesh: SupervisedMesh) -> None:
    text = (Path(mesh.folder) / "supervisord.conf").read_text()
    assert text.count("stdout_logfile_maxbytes=10MB") == text.count("stdout_logfile_backups=5") == 4
    assert (mesh.folder / "logs/broker.log").exists()
