"""What every kind of job is to the scheduler."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar

from contract.jobs import JobKind, JobStatus
from contract.message import Message, fields_of
from contract.reading import read_request
from contract.warnings import Warned
from workers.library.jobs.backoff import Wait
from workers.library.jobs.records import Job
from workers.library.jobs.steps import Steps, Tally

if TYPE_CHECKING:
    from workers.library.jobs.scheduler import Scheduler
    from workers.library.jobs.work import Work

O = TypeVar("O", bound=Message)  # noqa: E741  options

#: Jobs of one lane run one after the other, those of different lanes side by side. This one is of the jobs that change
#: the vectors of the library.
VECTORS: Final = "vectors"


class Kind(ABC, Generic[O]):
    """One kind of job. The scheduler starts, pauses, resumes, cancels, tells and remembers all kinds the same way.

    A job that was killed is run again from its beginning by the next library worker: `run` leaves what is done already.
    """

    name: ClassVar[JobKind]
    #: What may be asked of it.
    options: type[O]
    lane: ClassVar[str] = VECTORS
    #: It comes before other jobs of its lane, and in between where one of these is interrupted.
    urgent: ClassVar[bool] = False
    #: Why it cannot pause, or be cancelled; "" where it can.
    never_pauses: ClassVar[str] = ""
    never_cancelled: ClassVar[str] = ""

    @abstractmethod
    def run(self, work: Work) -> JobStatus:
        """Bring the job to its end; how it ended. Raises `Interrupted` where it puts its work down, `JobFailed` and
        `MeshError` where it does not get there.
        """

    def begin(self, request: O, scheduler: Scheduler) -> tuple[Job, list[Warned]]:
        """Make the job that somebody asks for. Raises `Conflict`, and the errors of what cannot be done here."""
        self.check(request)
        return scheduler.create(self, fields_of(request)), []

    def check(self, request: O) -> None:
        """Raise the error of what cannot be done here."""

    def due(self, *, fresh: bool) -> Mapping[str, Any] | None:
        """Options of a job that shall begin by itself now; None where there is nothing to do. `fresh`: another job
        begins after it, which needs all of it done.
        """
        return None

    def abandon(self, work: Work) -> None:
        """The job ends without success, or was cancelled: tidy up. Raises `Interrupted`."""

    def over(self, job: Job) -> None:
        """The job has ended."""

    def tally(self, job: Job) -> Tally:
        """What counts for a job of this kind, at its beginning."""
        return Steps()

    def wanted(self, job: Job) -> O:
        """The options of a job of this kind."""
        given = {name: value for name, value in job.options.items() if name not in {"automatic", "note"}}
        return read_request(self.options, given)

    def waits(self, status: JobStatus) -> Wait | None:
        """What a job of this status waits for beyond what its own progress and its lane know."""
        return None

    def start(self) -> None:
        """The worker has started."""

    def stop(self) -> None:
        """The worker ends."""
