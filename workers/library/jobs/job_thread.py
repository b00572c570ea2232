"""The thread that runs jobs of some kinds one after the other.

It continues an unfinished job after a restart and starts automatic jobs.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from contract.errors import Conflict, MeshError
from contract.jobs import JobKind, JobStatus
from workers.library.jobs.backoff import Backoff, Wait
from workers.library.jobs.context import Context, Interrupted, JobFailed
from workers.library.jobs.kinds.kind import Kind
from workers.library.jobs.records import ACTIVE, CANCELLED, CANCELLING, FAILED, INITIALIZED, PAUSED, Job
from workers.library.jobs.report import Reporter
from workers.library.jobs.work import Work
from workers.library.state.database import StateUnavailable

#: Seconds to sleep while there is no job: if some start automatically, and if all are requested.
IDLE_SECONDS: Final = 0.5
ASKED_SECONDS: Final = 60.0
#: Seconds before retrying after a failure between two jobs.
RETRY_SECONDS: Final = 2.0
#: Seconds that a stopping worker waits for this thread.
STOP_SECONDS: Final = 4.0

log = logging.getLogger(__name__)

#: Makes an automatic job.
Create = Callable[[Kind[Any], Mapping[str, Any]], Job]


class JobThread:
    """Runs the jobs of some kinds. `context` has its own control."""

    def __init__(
        self, name: str, context: Context, kinds: Sequence[Kind[Any]], reporter: Reporter, create: Create
    ) -> None:
        self.context = context
        self.kinds = list(kinds)
        self._reporter = reporter
        self._create = create
        self._names = [kind.name for kind in kinds]
        self._urgent = [kind for kind in kinds if kind.urgent]
        self._idle = IDLE_SECONDS if any(type(kind).due is not Kind.due for kind in kinds) else ASKED_SECONDS
        self._lock = threading.Lock()
        #: The kind of the running job.
        self.running: JobKind | None = None
        #: Why the state cannot be written, and the number of outcomes before that; None while it can be written.
        self._blocked: Wait | None = None
        self._blocked_at = 0
        self._backoff = Backoff()
        self._thread = threading.Thread(target=self._loop, name=f"jobs-{name}", daemon=True)

    def start(self) -> None:
        for kind in self.kinds:
            kind.start()
        self._thread.start()

    def stop(self) -> None:
        """Interrupt the work; the job continues when the worker starts again."""
        self.context.control.stop()
        self._thread.join(STOP_SECONDS)
        for kind in self.kinds:
            kind.stop()

    def waits(self, status: JobStatus) -> Wait | None:
        """Return what a job of this status waits for, apart from what its own progress knows."""
        if status not in ACTIVE:
            return None
        if self.context.control.outcomes > self._blocked_at:
            self._go_on()
        return self._blocked or self.context.control.waits_for

    def apply(self, job: Job) -> None:
        """Make the thread see that somebody changed the status of a job of this thread."""
        control = self.context.control
        with self._lock:
            if self.running in {None, job.kind}:
                control.pause(on=job.status == PAUSED)
                if job.status == CANCELLING:
                    control.interrupt()
        control.wake()

    def _loop(self) -> None:
        control = self.context.control
        while not control.stopped:
            control.resume()
            try:
                self._step()
                self._go_on()
            except Interrupted:
                continue
            except StateUnavailable as error:
                self._wait_for_room(error)
            except MeshError as error:
                log.error("failed between jobs: %s", error.message)
                control.wait(RETRY_SECONDS)
            except Exception:  # a full disk or a defect: the thread must survive
                log.exception("failed between jobs")
                control.wait(RETRY_SECONDS)

    def _wait_for_room(self, error: StateUnavailable) -> None:
        """Wait while the state cannot be written; lost work is redone later. Logs once, retries less and less often."""
        wait = Wait.of(error)
        if self._blocked != wait:
            log.warning("jobs are waiting: %s", wait.reason)
        self._blocked, self._blocked_at = wait, self.context.control.outcomes
        self._reporter.tell_again()
        self._backoff.failed(error)
        while self._backoff.waits and not self.context.control.interrupted:
            self.context.control.wait()

    def _go_on(self) -> None:
        """Note that the state can be written. (Not called for small writes: they may fit on a full disk.)"""
        if self._blocked is not None:
            log.info("jobs continue")
        self._blocked = None
        self._backoff.succeeded()

    def _step(self) -> None:
        """Do one thing: an urgent job, else the requested job, else an automatic one."""
        jobs = self.context.jobs
        if self._begin(self._urgent):
            return
        job = jobs.active(*(kind.name for kind in self._urgent)) if self._urgent else None
        job = job or jobs.active(*self._names)
        if job is not None:
            self._run(job)
        elif not self._begin([kind for kind in self.kinds if not kind.urgent]):
            self.context.control.wait(self._idle)

    def _begin(self, kinds: Sequence[Kind[Any]], *, fresh: bool = False) -> bool:
        """Start an automatic job if one of these kinds is due and has none at work; return whether one was due."""
        for kind in kinds:
            if self.context.jobs.active(kind.name) is None:
                options = kind.due(fresh=fresh)
                if options is not None:
                    with suppress(Conflict):  # somebody else was faster
                        self._create(kind, options)
                    return True
        return False

    def _run(self, job: Job) -> None:
        """Run a job to its end or until it is interrupted. Raises `Interrupted`."""
        kind = next(kind for kind in self.kinds if kind.name == job.kind)
        if job.status == INITIALIZED and not kind.urgent and self._begin(self._urgent, fresh=True):
            return  # run the urgent job first
        work = Work(self.context, job, kind.tally(job), self._reporter)
        with self._lock:
            self.running = job.kind
            self.context.control.pause(on=work.paused)
        try:
            ended = self._work(kind, work)
        finally:
            self.running = None
        kind.over(ended)

    def _work(self, kind: Kind[Any], work: Work) -> Job:
        try:
            if work.job.status == CANCELLING:
                return self._give_up(kind, work, CANCELLED)
            return work.end(kind.run(work))
        except Interrupted:
            work.put_down()
            raise
        except StateUnavailable:
            raise  # the job keeps its progress
        except (JobFailed, MeshError) as error:
            log.error("the job failed: %s", error)
            return self._give_up(kind, work, FAILED, error)
        except Exception:  # the thread must survive any failure of a job
            log.exception("the job failed with an internal error")
            return self._give_up(kind, work, FAILED, JobFailed("internal error; see the library worker's log"))

    def _give_up(self, kind: Kind[Any], work: Work, status: JobStatus, error: Exception | None = None) -> Job:
        """End a job that does not continue, with the counts that the state has. Raises `Interrupted`."""
        work.tally = kind.tally(work.job)
        kind.abandon(work)
        return work.end(status, error)
