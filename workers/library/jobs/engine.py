"""The job's thread: runs one job at a time, goes on with an unfinished one after a restart, and starts jobs by itself
for tracks that are new.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from contract.errors import Conflict, MeshError, NotFound
from contract.jobs import JobStatus, Progress
from workers.library.catalogue.follower import READY, Follower
from workers.library.jobs.automatic import models_with_work
from workers.library.jobs.away import AwayFiles
from workers.library.jobs.backoff import Backoff, Wait
from workers.library.jobs.context import Context, Interrupted, JobFailed
from workers.library.jobs.following import follow_adoptions
from workers.library.jobs.job_run import JobRun
from workers.library.jobs.planner import RETRY_SECONDS
from workers.library.jobs.pruning import prune
from workers.library.jobs.records import (
    ACTIVE,
    CANCELLED,
    CANCELLING,
    FAILED,
    INITIALIZED,
    PAUSED,
    RUNNING,
    Job,
    Options,
)
from workers.library.jobs.report import Reporter
from workers.library.state.database import StateUnavailable

#: Seconds of sleep while there is no job.
IDLE_SECONDS: Final = 0.5
#: Seconds between two looks for work of its own while nothing changed: failures may be due again.
LOOK_SECONDS: Final = 120.0
#: Seconds before a model that does not answer is asked again whether it has work.
ASK_AGAIN_SECONDS: Final = 2.0
#: Seconds between two looks for tracks that vanished long ago.
PRUNE_SECONDS: Final = 600.0
#: Seconds that a stopping worker waits for this thread.
STOP_SECONDS: Final = 4.0

log = logging.getLogger(__name__)


def pause_after(in_a_row: int) -> float:
    """Seconds until the next look for work after so many automatic jobs: none after the first, then doubled."""
    return 0.0 if in_a_row < 2 else min(2.0 ** min(in_a_row - 2, 10), LOOK_SECONDS)


class JobEngine:
    """Owns the jobs. `follower` knows Navidrome's database and where its files are here."""

    def __init__(self, context: Context, follower: Follower) -> None:
        self._context = context
        self._follower = follower
        self._lock = threading.Lock()
        self._look_at = 0.0
        #: Automatic jobs in a row that no change of the library called for; those that did nothing count twice.
        self._in_a_row = 0
        self._prune_at = 0.0
        self._prune_told = False
        #: What people should know of the library.
        self.notices: list[str] = []
        #: Why nothing can be written down, and how many outcomes were before; None while something can.
        self._blocked: Wait | None = None
        self._blocked_at = 0
        self._backoff = Backoff()
        self._away = AwayFiles(context.state, context.catalogue, context.settings.models, follower.locate, self.look)
        self._reporter = Reporter(context.events, context.jobs.last(), self._waits)
        active = context.jobs.active()
        context.control.pause(on=active is not None and active.status == PAUSED)
        self._thread = threading.Thread(target=self._loop, name="jobs", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._away.start()

    def stop(self) -> None:
        """Put the work down; the job goes on when the worker is started again."""
        self._context.control.stop()
        self._thread.join(STOP_SECONDS)
        self._away.stop()

    def progress(self) -> Progress:
        """The body of `GET /batch/progress`."""
        return self._reporter.current()

    def _waits(self, status: str) -> Wait | None:
        """What a job of this status waits for beyond what its models do, and what the next one waits for."""
        if status not in ACTIVE:
            return self._away.wait
        if self._context.control.outcomes > self._blocked_at:
            self._go_on()
        return self._blocked or self._context.control.waits_for

    def start_job(self, options: Options) -> Job:
        """A new job. Raises `Conflict` while there is one."""
        with self._lock:
            self.check_idle()
            self._context.control.pause(on=False)
            job = self._context.jobs.create(options, time.time())
        self._reporter.status(job)
        self._context.control.wake()
        return job

    def join_automatic(self, note: str) -> Job | None:
        """The job at work where it began by itself, which now carries `note`; None where there is none."""
        with self._lock:
            active = self._context.jobs.active()
            if active is None or not active.options.automatic or active.status not in {INITIALIZED, RUNNING}:
                return None
            self._context.jobs.update(active.id, options=replace(active.options, note=note).pack())
            job = self._context.jobs.get(active.id) or active
        self._reporter.status(job)
        return job

    def check_idle(self) -> None:
        """Raises `Conflict` while there is a job."""
        active = self._context.jobs.active()
        if active is not None:
            detail = {"job_id": active.id}
            raise Conflict(f"a job is {active.status} already; wait for its end or cancel it", detail)

    def pause(self) -> Job:
        """Start nothing new. Raises `NotFound` where no job runs."""
        return self._set_status(PAUSED, {INITIALIZED, RUNNING, PAUSED}, lambda: self._context.control.pause(on=True))

    def resume(self) -> Job:
        """Go on with a paused job. Raises `NotFound` where there is none."""
        return self._set_status(RUNNING, {RUNNING, PAUSED}, lambda: self._context.control.pause(on=False))

    def cancel(self) -> Job:
        """End the job; what it has done stays, except for a new generation. Raises `NotFound` where no job runs."""
        return self._set_status(CANCELLING, {INITIALIZED, RUNNING, PAUSED, CANCELLING}, self._context.control.interrupt)

    def _set_status(self, status: JobStatus, allowed: set[JobStatus], then: Callable[[], None]) -> Job:
        with self._lock:
            active = self._context.jobs.active()
            if active is None or active.status not in allowed:
                raise NotFound("no job is running" if active is None else f"the job is {active.status}")
            if active.status == status:
                return active
            if status == RUNNING and active.started_at is None:
                status = INITIALIZED  # it was paused before it was planned
            self._context.jobs.update(active.id, status=status)
            then()
            job = self._context.jobs.get(active.id) or active
        self._reporter.status(job)
        return job

    def look(self) -> None:
        """The library changed: see whether there is work, for the job that runs or a new one. Ids that changed cannot
        wait for the end of a job.
        """
        with self._lock:
            self._look_at, self._in_a_row = 0.0, 0
        if self._follower.must_adopt:
            self._context.control.interrupt()
        self._context.control.tell_news()

    def prune(self, *, told: bool) -> None:
        """Forget vanished tracks as soon as no job is at work; `told`: however many they are."""
        self._prune_told = told
        self._prune_at = 0.0
        self._context.control.wake()

    def _loop(self) -> None:
        while not self._context.control.stopped:
            self._context.control.resume()
            try:
                self._step()
                self._go_on()
            except Interrupted:
                continue
            except StateUnavailable as error:
                self._wait_for_room(error)
            except MeshError as error:
                log.error("between jobs: %s", error.message)
                self._context.control.wait(ASK_AGAIN_SECONDS)
            except Exception:  # a full disk, a defect: the thread must live on
                log.exception("between jobs")
                self._context.control.wait(ASK_AGAIN_SECONDS)

    def _wait_for_room(self, error: StateUnavailable) -> None:
        """Nothing can be written down: what was not is done again afterwards. Said once, tried ever more seldom."""
        wait = Wait.of(error)
        if self._blocked != wait:
            log.warning("the jobs wait: %s", wait.reason)
        self._blocked, self._blocked_at = wait, self._context.control.outcomes
        self._reporter.tell_again()
        self._backoff.failed(error)
        while self._backoff.waits and not self._context.control.interrupted:
            self._context.control.wait()

    def _go_on(self) -> None:
        """Something was written down again. (Little things may find room on a full disk; they do not count.)"""
        if self._blocked is not None:
            log.info("the jobs go on")
        self._blocked = None
        self._backoff.succeeded()

    def _step(self) -> None:
        """One thing: ids that changed first, then the job, then a job of its own, then what vanished."""
        if self._follower.must_adopt:
            self._follower.look(adopt=True)
        follow_adoptions(self._context)
        job = self._context.jobs.active()
        if job is not None:
            self._run(job)
        elif not self._start_automatic():
            self._prune()
            self._context.control.wait(IDLE_SECONDS)

    def _prune(self) -> None:
        if time.monotonic() < self._prune_at or self._follower.state != READY:
            return
        self._prune_at = time.monotonic() + PRUNE_SECONDS
        self.notices = prune(self._context, told=self._prune_told).notices
        self._prune_told = False

    def _run(self, job: Job) -> None:
        """Bring a job to its end, or as far as it gets. Raises `Interrupted`."""
        run = JobRun(self._context, job, self._reporter, self._follower.locate)
        try:
            if job.status == CANCELLING:
                run.give_up(CANCELLED)
            else:
                if job.status == INITIALIZED:
                    self._follower.look(adopt=True)
                    follow_adoptions(self._context)
                run.run()
        except Interrupted:
            run.put_down()
            raise
        except StateUnavailable:
            raise  # the job stays as far as it is
        except (JobFailed, MeshError) as error:
            log.error("the job ends: %s", error)
            run.give_up(FAILED, str(error))
        except Exception:  # the thread must live on, whatever a job runs into
            log.exception("the job ends with a defect")
            run.give_up(FAILED, "a defect of the library worker; its log says more")
        ended = self._context.jobs.get(job.id)
        if ended is not None:
            self._rest_after(ended)

    def _rest_after(self, job: Job) -> None:
        """What an automatic job leaves undone, the next one would leave undone as well: they follow each other at
        growing distances.
        """
        with self._lock:
            if job.status == FAILED:
                self._look_at = time.monotonic() + RETRY_SECONDS
                return
            fruitless = job.summary is None or not job.summary.processed_operations
            self._in_a_row = self._in_a_row + 1 + fruitless if job.options.automatic else 0
            self._look_at = time.monotonic() + pause_after(self._in_a_row)

    def _start_automatic(self) -> bool:
        """Start a job for what is new, changed or due again, if that is wanted; whether there is one."""
        if not self._context.settings.auto_embed or time.monotonic() < self._look_at:
            return False
        models, silent = models_with_work(self._context)
        self._look_at = time.monotonic() + (ASK_AGAIN_SECONDS if silent else LOOK_SECONDS)
        if not models:
            return False
        try:
            self.start_job(Options(tuple(models), automatic=True))
        except Conflict:  # somebody was quicker
            log.debug("no automatic job: one was started meanwhile")
        return True
