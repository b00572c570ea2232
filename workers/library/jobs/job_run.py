"""Runs one job from where it is to its end."""

from __future__ import annotations

import time
from collections.abc import Callable

from workers.library.catalogue.catalogue import Entry
from workers.library.jobs.context import Context
from workers.library.jobs.crew import Crew
from workers.library.jobs.generations import discard
from workers.library.jobs.part_run import PartRun
from workers.library.jobs.progress import Progress
from workers.library.jobs.records import COMPLETED, COMPLETED_WITH_ERRORS, FAILED, INITIALIZED, Job
from workers.library.jobs.report import Reporter


class JobRun:
    """One job, in the job's thread. `locate` gives a track's path on this host."""

    def __init__(self, context: Context, job: Job, reporter: Reporter, locate: Callable[[Entry], str]) -> None:
        self._context = context
        self._job = job
        self._reporter = reporter
        self._progress = Progress(job.options.models)
        self._counted = False
        self._parts = [PartRun(context, job, model, self._progress, locate) for model in job.options.models]

    def run(self) -> None:
        """Go on until the end. Raises `Interrupted`, `MeshError`: the job stays as far as it is."""
        for part in self._parts:
            part.prepare()
        self._counted = True
        self._begin()
        options = self._job.options
        grows = self._context.settings.auto_embed and options.track_ids is None
        problems = Crew(self._context, self._parts, self._progress, self._tick, grows=grows).run()
        if problems:
            self.give_up(FAILED, "; ".join(problems))
        else:
            self.end(COMPLETED_WITH_ERRORS if self._progress.has_errors else COMPLETED)

    def put_down(self) -> None:
        """Keep what is known of the progress, for who asks before the job goes on."""
        if self._counted:
            self._context.jobs.keep_summary(self._job.id, self._progress.told(self._now()))

    def give_up(self, status: str, message: str = "") -> None:
        """End a job that does not go on: drop what it built beside the vectors in service. Raises `Interrupted`."""
        if not self._counted:
            for part in self._parts:
                part.count()
        discard(self._context, self._job)
        self.end(status, message)

    def end(self, status: str, message: str = "") -> None:
        """Write down how the job ended, and tell it."""
        now = time.time()
        with self._context.state.write():
            self._context.jobs.update(self._job.id, status=status, message=message, ended_at=now)
            job = self._now()
            self._context.jobs.keep_summary(job.id, self._progress.told(job, now))
        self._reporter.show(job, self._progress)

    def _begin(self) -> None:
        if self._job.status == INITIALIZED:
            self._context.jobs.begin(self._job.id, time.time())
        self._reporter.show(self._now(), self._progress)

    def _tick(self) -> None:
        if self._reporter.due:
            self._reporter.show(self._now(), self._progress)

    def _now(self) -> Job:
        """The job as others left it: paused, cancelling."""
        return self._context.jobs.get(self._job.id) or self._job
