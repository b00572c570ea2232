"""The progress of jobs whose kind does not count tracks of models."""

from __future__ import annotations

from typing import Protocol

import contract.jobs
from workers.library.jobs.backoff import Wait
from workers.library.jobs.records import ENDED, RUNNING, Job


class Tally(Protocol):
    """What a running job counts."""

    #: Why nothing makes progress; None while something does.
    waits: Wait | None

    def told(self, job: Job, now: float | None = None) -> contract.jobs.Progress:
        """Return the progress as reported to clients."""


class StepProgress:
    """How many of how many steps are done, and what the job is doing. Not thread-safe."""

    def __init__(self) -> None:
        self.done = 0
        self.total = 0
        self.message = ""
        self.waits: Wait | None = None

    def at(self, message: str, done: int = 0, total: int = 0) -> None:
        """Begin another part of the work, with steps of its own, or update the current one."""
        self.message, self.done, self.total = message, done, total

    def told(self, job: Job, now: float | None = None) -> contract.jobs.Progress:
        over = job.status in ENDED
        total = max(self.total, self.done)
        return contract.jobs.Progress(
            status=job.status,
            job_id=job.id,
            kind=job.kind,
            progress_percent=round(100.0 * self.done / total, 2) if total else 100.0 if over else 0.0,
            started_at=job.started_at or job.created_at,
            ended_at=job.ended_at,
            total_operations=total,
            processed_operations=self.done,
            automatic=job.automatic,
            message=job.message or ("" if over else self.message) or job.note,
            waiting=self.waits.told if self.waits is not None and job.status == RUNNING else None,
        )
