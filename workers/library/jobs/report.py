"""Tells how the job is doing: as an event, and to whoever asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import contract.jobs
from broker.events import EventPublisher
from contract.events import JobProgress
from contract.jobs import NO_JOB, PastJob
from contract.message import common
from workers.library.jobs.backoff import Wait
from workers.library.jobs.progress import Progress
from workers.library.jobs.records import CANCELLING, ENDED, PAUSED, RUNNING, Job

#: Seconds between two events while a job runs.
EVENT_SECONDS: Final = 0.2


class Reporter:
    """The last word on the job. The job's thread tells it; any thread may ask."""

    def __init__(self, events: EventPublisher, last: Job | None, waits: Callable[[str], Wait | None]) -> None:
        """`waits`: what a job of that status waits for beyond what its progress knows."""
        self._events = events
        self._waits = waits
        self._lock = threading.Lock()
        self._told_at = 0.0
        self._last: contract.jobs.Progress = NO_JOB if last is None else as_known(last)

    def current(self) -> contract.jobs.Progress:
        """The body of `GET /batch/progress`."""
        with self._lock:
            return self._with_wait(self._last)

    def tell_again(self) -> None:
        """What it waits for changed."""
        self._tell(self._last)

    def show(self, job: Job, progress: Progress) -> None:
        """The job as it is now."""
        self._tell(progress.told(job))

    @property
    def due(self) -> bool:
        """Whether the last word is old enough for another while nothing but the counts changed."""
        return time.monotonic() - self._told_at >= EVENT_SECONDS

    def status(self, job: Job) -> None:
        """Only the status changed: paused, cancelling, a new job."""
        with self._lock:
            known = self._last if self._last.job_id == job.id else as_known(job)
        left = known.estimated_completion if job.status == RUNNING else None
        message = known.message or job.options.note
        self._tell(replace(known, status=job.status, estimated_completion=left, message=message))

    def _tell(self, progress: contract.jobs.Progress) -> None:
        self._told_at = time.monotonic()
        with self._lock:
            self._last = progress
        if progress is not NO_JOB:
            self._events.tell(common(self._with_wait(progress), JobProgress))

    def _with_wait(self, progress: contract.jobs.Progress) -> contract.jobs.Progress:
        if progress.waiting is not None or progress.status in {PAUSED, CANCELLING, NO_JOB.status}:
            return progress
        wait = self._waits(progress.status)
        if wait is None:
            return progress
        return replace(progress, waiting=wait.told, message=progress.message or wait.reason)


def as_known(job: Job) -> contract.jobs.Progress:
    """A job as the state knows it, before its thread has counted anew."""
    known = replace(job.summary or Progress(job.options.models).told(job), status=job.status, waiting=None)
    return replace(known, estimated_completion=None) if job.status in {*ENDED, PAUSED} else known


def brief(job: Job) -> PastJob:
    """A job as the history lists it."""
    options = job.options
    return common(as_known(job), PastJob, clear_existing=options.clear_existing, retry_failed=options.retry_failed)
