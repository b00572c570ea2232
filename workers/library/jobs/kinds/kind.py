"""The interface of a kind of job to the scheduler."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Protocol, TypeVar

from contract.jobs import JobKind, JobStatus
from contract.message import Message, fields_of
from contract.reading import read_request
from contract.warnings import Warned
from workers.library.jobs.backoff import Wait
from workers.library.jobs.records import Job
from workers.library.jobs.steps import StepProgress, Tally

if TYPE_CHECKING:
    from workers.library.jobs.work import Work

O = TypeVar("O", bound=Message)  # noqa: E741  options

#: Jobs of one thread run one after the other, those of different threads side by side. This is the thread of the jobs
#: that change the vectors of the library.
VECTORS: Final = "vectors"


class JobMaker(Protocol):
    """What a kind needs from the scheduler to create a requested job."""

    def create(self, kind: Kind[Any], options: Mapping[str, Any]) -> Job:
        """Create a job. Raises `Conflict` if the kind has an unfinished one."""

    def check_idle(self, name: JobKind) -> None:
        """Raise `Conflict` if the kind has an unfinished job."""

    def join_automatic(self, name: JobKind, note: str) -> Job | None:
        """Give the running automatic job the note `note` and return it; None if there is none."""

    def replace_waiting(self, name: JobKind, rests: Callable[[Job], Wait | None]) -> None:
        """End the automatic job if it rests, so that a requested one can take its place; its tracks stay due."""


class Kind(ABC, Generic[O]):
    """One kind of job.

    The scheduler starts, pauses, resumes, cancels, reports and records all kinds the same way.

    The next library worker runs a killed job again from its beginning, so `run` skips what is done already.
    """

    name: ClassVar[JobKind]
    #: The type of the request.
    options: type[O]
    thread: ClassVar[str] = VECTORS
    #: Whether it goes before other jobs of its thread, and runs whenever one of these is interrupted.
    urgent: ClassVar[bool] = False
    #: Why it cannot pause or be cancelled; "" if it can.
    never_pauses: ClassVar[str] = ""
    never_cancelled: ClassVar[str] = ""

    @abstractmethod
    def run(self, work: Work) -> JobStatus:
        """Run the job and return how it ended.

        Raises `Interrupted` if it stops for now, `JobFailed` and `MeshError` if it cannot finish.
        """

    def begin(self, request: O, scheduler: JobMaker) -> tuple[Job, list[Warned]]:
        """Create the requested job. Raises `Conflict`, and the errors of `check`."""
        self.check(request)
        return scheduler.create(self, fields_of(request)), []

    def check(self, request: O) -> None:
        """Raise an error if the request cannot be carried out here."""

    def due(self, *, fresh: bool) -> Mapping[str, Any] | None:
        """Return the options of an automatic job to start now; None if there is nothing to do.

        `fresh`: another job starts after it and needs this work to be complete.
        """
        return None

    def abandon(self, work: Work) -> None:
        """Clean up after a job that failed or was cancelled. Raises `Interrupted`."""

    def over(self, job: Job) -> None:
        """Note that the job has ended."""

    def tally(self, job: Job) -> Tally:
        """Return empty counts for a job of this kind."""
        return StepProgress()

    def wanted(self, job: Job) -> O:
        """Return the options of a job of this kind."""
        given = {name: value for name, value in job.options.items() if name not in {"automatic", "note", "replaced"}}
        return read_request(self.options, given)

    def waits(self, status: JobStatus) -> Wait | None:
        """Return what a job of this status waits for, apart from what its own progress and its thread know."""
        return None

    def start(self) -> None:
        """Note that the worker has started."""

    def stop(self) -> None:
        """Note that the worker is stopping."""
