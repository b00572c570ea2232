"""The scheduler: starts, pauses, resumes and cancels jobs of all kinds, and reports their progress."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from contract.errors import Conflict, NotFound
from contract.jobs import JobKind, JobStatus, PastJob, Progress
from workers.library.jobs.backoff import Wait
from workers.library.jobs.context import Context
from workers.library.jobs.control import Control
from workers.library.jobs.job_thread import JobThread
from workers.library.jobs.kinds.kind import VECTORS, Kind
from workers.library.jobs.records import CANCELLING, INITIALIZED, PAUSED, RUNNING, Job
from workers.library.jobs.report import Reporter, as_known, brief

#: Seconds that a resting job gets to end, and between two looks whether it has.
REPLACE_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.02


class Scheduler:
    """Owns the jobs. Each kind has at most one unfinished job; the jobs of a thread run one after the other."""

    def __init__(self, context: Context, kinds: Sequence[Kind[Any]]) -> None:
        self._context = context
        self._kinds = {kind.name: kind for kind in kinds}
        self._lock = threading.RLock()
        latest = [job for kind in self._kinds if (job := context.jobs.last(kind)) is not None]
        self._reporter = Reporter(context.events, map(self._known, latest), self._waits)
        self._threads: dict[str, JobThread] = {}
        for name in dict.fromkeys(kind.thread for kind in kinds):
            own = context if name == VECTORS else replace(context, control=Control())
            members = [kind for kind in kinds if kind.thread == name]
            self._threads[name] = JobThread(name, own, members, self._reporter, self.create)

    def start(self) -> None:
        """Start the lanes, which continue unfinished jobs."""
        for thread in self._threads.values():
            thread.start()

    def stop(self) -> None:
        """Interrupt the work; the jobs continue when the worker starts again."""
        for thread in self._threads.values():
            thread.context.control.stop()  # all at once
        for thread in self._threads.values():
            thread.stop()

    def kind(self, name: JobKind) -> Kind[Any]:
        """Return a kind by its name. Raises `NotFound` if this worker does not have it."""
        if name not in self._kinds:
            raise NotFound(f"there is no kind of job {name!r}")
        return self._kinds[name]

    def create(self, kind: Kind[Any], options: Mapping[str, Any]) -> Job:
        """Create a job. Raises `Conflict` if the kind has an unfinished one."""
        with self._lock:
            self.check_idle(kind.name)
            job = self._context.jobs.create(kind.name, options, time.time())
            self._tell(job)
        self._threads[kind.thread].context.control.wake()
        return job

    def check_idle(self, name: JobKind) -> None:
        """Raise `Conflict` if the kind has an unfinished job."""
        active = self._context.jobs.active(name)
        if active is not None:
            detail = {"job_id": active.id}
            raise Conflict(f"a job is already {active.status}; wait until it ends, or cancel it", detail)

    def join_automatic(self, name: JobKind, note: str) -> Job | None:
        """Give the running automatic job the note `note` and return it; None if there is none."""
        with self._lock:
            active = self._context.jobs.active(name)
            if active is None or not active.automatic or active.status not in {INITIALIZED, RUNNING}:
                return None
            self._context.jobs.keep_options(active, note=note)
            job = self._context.jobs.get(active.id) or active
            self._tell(job)
        return job

    def replace_waiting(self, name: JobKind, rests: Callable[[Job], Wait | None]) -> None:
        """End the automatic job if it rests, so that a requested one can take its place; its tracks stay due."""
        with self._lock:
            active = self._context.jobs.active(name)
            if active is None or not active.automatic or active.status == PAUSED or rests(active) is None:
                return
            self._context.jobs.keep_options(active, replaced=True, note="a job that somebody started took its place")
            with suppress(NotFound):  # it has just ended
                self.cancel(name)
        until = time.monotonic() + REPLACE_SECONDS
        while self._context.jobs.active(name) is not None and time.monotonic() < until:
            time.sleep(POLL_SECONDS)

    def pause(self, name: JobKind) -> Job:
        """Pause the job. Raises `NotFound` if no job runs, `Conflict` if it cannot pause."""
        if reason := self.kind(name).never_pauses:
            self._active(name, {INITIALIZED, RUNNING, PAUSED})
            raise Conflict(reason)
        return self._set_status(name, PAUSED, {INITIALIZED, RUNNING, PAUSED})

    def resume(self, name: JobKind) -> Job:
        """Continue a paused job. Raises `NotFound` if there is none."""
        return self._set_status(name, RUNNING, {RUNNING, PAUSED})

    def cancel(self, name: JobKind) -> Job:
        """Cancel the job; what it has done stays. Raises `NotFound` if no job runs."""
        if reason := self.kind(name).never_cancelled:
            self._active(name, {INITIALIZED, RUNNING, PAUSED, CANCELLING})
            raise Conflict(reason)
        return self._set_status(name, CANCELLING, {INITIALIZED, RUNNING, PAUSED, CANCELLING})

    def _active(self, name: JobKind, allowed: set[JobStatus]) -> Job:
        active = self._context.jobs.active(name)
        if active is None or active.status not in allowed:
            raise NotFound("no job is running" if active is None else f"the job is {active.status}")
        return active

    def _set_status(self, name: JobKind, status: JobStatus, allowed: set[JobStatus]) -> Job:
        with self._lock:
            active = self._active(name, allowed)
            if active.status == status:
                return active
            if status == RUNNING and active.started_at is None:
                status = INITIALIZED  # it was paused before it was planned
            if not self._context.jobs.change_status(active.id, status, allowed):
                raise NotFound("the job has just ended")
            job = self._context.jobs.get(active.id) or active
            self._threads[self._kinds[name].thread].apply(job)
            self._tell(job)
        return job

    def progress(self) -> Progress:
        """Return the body of `GET /batch/progress`."""
        return self._reporter.current()

    def job(self, job_id: str) -> Progress:
        """Return the progress of one job. Raises `NotFound`."""
        reported = self._reporter.of(job_id)
        if reported is not None:
            return reported
        job = self._context.jobs.get(job_id)
        if job is None or job.kind not in self._kinds:
            raise NotFound(f"no job has the id {job_id!r}")
        return self._known(job)

    def history(self, limit: int) -> list[PastJob]:
        """Return the newest jobs, newest first."""
        return [brief(job, self._empty(job)) for job in self._context.jobs.history(limit) if job.kind in self._kinds]

    def _tell(self, job: Job) -> None:
        self._reporter.status(job, self._known(job))

    def _known(self, job: Job) -> Progress:
        return as_known(job, self._empty(job))

    def _empty(self, job: Job) -> Progress:
        return self._kinds[job.kind].tally(job).told(job)

    def _waits(self, name: JobKind, status: JobStatus) -> Wait | None:
        kind = self._kinds[name]
        return self._threads[kind.thread].waits(status) or kind.waits(status)
