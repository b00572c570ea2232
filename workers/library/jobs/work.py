"""One running job: what its kind needs, and the reports about it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from contract.errors import ErrorInfo, MeshError
from contract.jobs import JobStatus
from workers.library.jobs.context import Context, Interrupted
from workers.library.jobs.records import INITIALIZED, PAUSED, Job
from workers.library.jobs.report import Reporter
from workers.library.jobs.steps import Tally


class Work:
    """A job in the thread of its lane. `tally` is what its kind counts, `result` what the job produced."""

    def __init__(self, context: Context, job: Job, tally: Tally, reporter: Reporter) -> None:
        self.context = context
        self.job = job
        self.tally = tally
        self.result: dict[str, Any] | None = None
        self._reporter = reporter
        self._begun = False

    def begin(self) -> None:
        """Mark the job as running, now that its work is known, and report it."""
        self._begun = True
        if self.job.status == INITIALIZED:
            self.context.jobs.begin(self.job.id, time.time())
        self.show()

    def tick(self) -> None:
        """Report the progress if the last report is old enough."""
        if self._reporter.due(self.job.kind):
            self.show()

    def show(self) -> None:
        """Report the progress."""
        self._reporter.tell(self.tally.told(self.now()))

    def go_on(self) -> None:
        """Wait between two steps while the job is paused. Raises `Interrupted` if the job must stop for now."""
        self.tick()
        control = self.context.control
        while control.paused and not control.interrupted:
            control.wait()
        if control.interrupted:
            raise Interrupted

    def put_down(self) -> None:
        """Store the progress for those who ask before the job continues."""
        if self._begun:
            self.context.jobs.keep_summary(self.job.id, self.tally.told(self.now()))

    def end(self, status: JobStatus, error: Exception | None = None) -> Job:
        """Record and report how the job ended."""
        now = time.time()
        with self.context.state.write():
            message = "" if error is None else str(error)
            self.context.jobs.update(self.job.id, status=status, message=message, ended_at=now)
            job = self.now()
            progress = replace(self.tally.told(job, now), error=_info(error), result=self.result)
            self.context.jobs.keep_summary(job.id, progress)
        self._reporter.tell(progress)
        return replace(job, summary=progress)

    def now(self) -> Job:
        """Return the job with its current status, such as paused or cancelling."""
        return self.context.jobs.get(self.job.id) or self.job

    @property
    def paused(self) -> bool:
        return self.now().status == PAUSED


def _info(error: Exception | None) -> ErrorInfo | None:
    return ErrorInfo(**error.to_wire()) if isinstance(error, MeshError) else None
