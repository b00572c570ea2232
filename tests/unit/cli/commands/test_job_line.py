"""One line that says how a job went, as `run`, `embed`, `status` and `watch` print it."""

from __future__ import annotations

from typing import Any

import pytest

from cli.commands.embed import job_line
from contract.jobs import JobStatus, Progress, Waiting

WAIT = Waiting(reason="3 tracks wait for their files: /music/nas is empty or missing", path="/music/nas")


def job(status: JobStatus, total: int = 3, done: int = 3, failed: int = 0, **more: Any) -> Progress:
    return Progress(
        status=status,
        total_tracks=total,
        processed_tracks=done,
        failed_tracks=failed,
        total_operations=total,
        **more,
    )


@pytest.mark.parametrize(
    ("known", "line"),
    [
        (Progress(status="no_job"), "no job has run yet"),
        (job("completed"), "completed: 3 embedded, 0 failed of 3 tracks"),
        (job("completed", total=0, done=0), "nothing new to embed"),
        (job("completed", total=0, done=0, waiting=WAIT), WAIT.reason),
        (job("initialized", total=0, done=0), "initialized: 0 embedded, 0 failed of 0 tracks"),
        (
            job("running", done=1, waiting=Waiting(reason="no room for /data/state.db", path="/data/state.db")),
            "running: 1 embedded, 0 failed of 3 tracks; no room for /data/state.db",
        ),
        (
            job("completed_with_errors", failed=3, waiting=WAIT),
            f"completed_with_errors: 0 embedded, 3 failed of 3 tracks; {WAIT.reason}",
        ),
        (
            job("failed", message="only 1 of the tracks could be embedded", waiting=WAIT),
            "failed: 3 embedded, 0 failed of 3 tracks; only 1 of the tracks could be embedded",
        ),
    ],
)
def test_what_is_said(known: Progress, line: str) -> None:
    assert job_line(known) == line
