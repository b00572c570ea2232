"""Tells how the job is doing: as an event, and to whoever asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from broker.events import EventPublisher
from workers.library.jobs.backoff import Wait
from workers.library.jobs.progress import Progress
from workers.library.jobs.records import CANCELLING, ENDED, PAUSED, RUNNING, Job

#: Seconds between two events while a job runs.
EVENT_SECONDS: Final = 0.2
#: What is told of a mesh that never had a job.
NO_JOB: Final = {"status": "no_job"}


class Reporter:
    """The last word on the job. The job's thread tells it; any thread may ask."""

    def __init__(self, events: EventPublisher, last: Job | None, waits: Callable[[str], Wait | None]) -> None:
        """`waits`: what a job of that status waits for beyond what its progress knows."""
        self._events = events
        self._waits = waits
        self._lock = threading.Lock()
        self._told_at = 0.0
        self._map: dict[str, Any] = dict(NO_JOB) if last is None else as_known(last)

    def current(self) -> dict[str, Any]:
        """The body of `GET /batch/progress`."""
        with self._lock:
            return self._with_wait(self._map)

    def tell_again(self) -> None:
        """What it waits for changed."""
        self._tell(self._map)

    def show(self, job: Job, progress: Progress) -> None:
        """The job as it is now."""
        self._tell(progress.as_map(job))

    @property
    def due(self) -> bool:
        """Whether the last word is old enough for another while nothing but the counts changed."""
        return time.monotonic() - self._told_at >= EVENT_SECONDS

    def status(self, job: Job) -> None:
        """Only the status changed: paused, cancelling, a new job."""
        with self._lock:
            known = self._map if self._map.get("job_id") == job.id else as_known(job)
        left = known["estimated_completion"] if job.status == RUNNING else None
        message = known["message"] or job.options.note
        self._tell({**known, "status": job.status, "estimated_completion": left, "message": message})

    def _tell(self, progress: dict[str, Any]) -> None:
        self._told_at = time.monotonic()
        with self._lock:
            self._map = progress
        self._events.publish("batch.progress", self._with_wait(progress))

    def _with_wait(self, progress: dict[str, Any]) -> dict[str, Any]:
        status = progress["status"]
        wait = progress.get("waiting")
        if wait is None and status not in {PAUSED, CANCELLING, NO_JOB["status"]}:
            found = self._waits(status)
            wait = None if found is None else found.to_wire()
        if wait is None:
            return dict(progress)
        return {**progress, "waiting": wait, "message": progress["message"] or wait["reason"]}


def as_known(job: Job) -> dict[str, Any]:
    """A job as the state knows it, before its thread has counted anew."""
    empty = Progress(job.options.models).as_map(job)
    known = {**empty, **job.summary, "status": job.status, "waiting": None}
    if job.status in {*ENDED, PAUSED}:
        known["estimated_completion"] = None
    return known


def brief(job: Job) -> dict[str, Any]:
    """A job as the history lists it."""
    known = as_known(job)
    known.pop("failures", None)
    known.pop("current_track", None)
    return {**known, "clear_existing": job.options.clear_existing, "retry_failed": job.options.retry_failed}
