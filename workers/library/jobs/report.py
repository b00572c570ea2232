"""Reports the progress of jobs: as events, and on request."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from broker.events import EventPublisher
from contract.events import JobProgress
from contract.jobs import EMBED, NO_JOB, JobKind, JobStatus, PastJob, Progress
from contract.message import common
from workers.library.jobs.backoff import Wait
from workers.library.jobs.records import ACTIVE, CANCELLING, ENDED, PAUSED, RUNNING, Job

#: Seconds between two events while a job runs.
EVENT_SECONDS: Final = 0.2

#: What a job of that kind and status waits for, apart from what its own progress knows.
Waits = Callable[[JobKind, JobStatus], Wait | None]


class Reporter:
    """Holds the latest progress of the job of each kind. The job threads update it; any thread may read it.

    One job is the current one, whose events are sent: the embedding job while it is at work, else any other at work,
    else the last embedding job.
    """

    def __init__(self, events: EventPublisher, last: Iterable[Progress], waits: Waits) -> None:
        self._events = events
        self._waits = waits
        self._lock = threading.RLock()
        self._told_at: dict[JobKind, float] = {}
        self._last = {progress.kind: progress for progress in last}

    def current(self) -> Progress:
        """Return the body of `GET /batch/progress`."""
        return self._with_wait(self._shown())

    def of(self, job_id: str) -> Progress | None:
        """Return the progress of a job if it is the last of its kind."""
        with self._lock:
            progress = next((each for each in self._last.values() if each.job_id == job_id), None)
        return None if progress is None else self._with_wait(progress)

    def due(self, kind: JobKind) -> bool:
        """Return whether the last report is old enough for another when only the counts changed."""
        return time.monotonic() - self._told_at.get(kind, 0.0) >= EVENT_SECONDS

    def tell_again(self) -> None:
        """Report the current job again: what it waits for changed."""
        if (shown := self._shown()) is not NO_JOB:
            self.tell(shown)

    def status(self, job: Job, recorded: Progress) -> None:
        """Report a new status: paused, cancelling, a new job. `recorded`: what to use if nothing was reported yet."""
        with self._lock:
            last = self._last.get(job.kind)
        progress = last if last is not None and last.job_id == job.id else recorded
        remaining = progress.estimated_completion if job.status == RUNNING else None
        self.tell(
            replace(progress, status=job.status, estimated_completion=remaining, message=progress.message or job.note)
        )

    def tell(self, progress: Progress) -> None:
        """Report the job as it is now, unless its end has been reported.

        The thread that cancels a job and the job's own thread report at the same time: the end is final.
        """
        event = common(self._with_wait(progress), JobProgress)
        with self._lock:
            if self._has_ended(progress) and progress.status in ACTIVE:
                return
            self._told_at[progress.kind] = time.monotonic()
            before = self._shown()
            self._last[progress.kind] = progress
            if progress.job_id in {before.job_id, self._shown().job_id}:
                self._events.tell(event)  # within the lock, so that events keep the order of the reports

    def _has_ended(self, progress: Progress) -> bool:
        last = self._last.get(progress.kind)
        return last is not None and last.job_id == progress.job_id and last.status in ENDED

    def _shown(self) -> Progress:
        with self._lock:
            embedding = self._last.get(EMBED)
            others = [progress for kind, progress in self._last.items() if kind != EMBED]
        at_work = [progress for progress in others if progress.status in ACTIVE and progress.status != PAUSED]
        if embedding is not None and (embedding.status in ACTIVE or not at_work):
            return embedding
        return max(at_work or others, key=lambda progress: progress.started_at or 0.0, default=NO_JOB)

    def _with_wait(self, progress: Progress) -> Progress:
        if progress.waiting is not None or progress.status in {PAUSED, CANCELLING, NO_JOB.status}:
            return progress
        wait = self._waits(progress.kind, progress.status)
        if wait is None:
            return progress
        return replace(progress, waiting=wait.told, message=progress.message or wait.reason)


def as_known(job: Job, empty: Progress) -> Progress:
    """Return a job as the state knows it, before its thread has counted. `empty`: used if no counts are stored."""
    progress = replace(job.summary or empty, kind=job.kind, status=job.status, waiting=None)
    return replace(progress, estimated_completion=None) if job.status in {*ENDED, PAUSED} else progress


def brief(job: Job, empty: Progress) -> PastJob:
    """Return a job as the history lists it."""
    options = job.options
    return common(
        as_known(job, empty),
        PastJob,
        clear_existing=bool(options.get("clear_existing", False)),
        retry_failed=bool(options.get("retry_failed", False)),
    )
