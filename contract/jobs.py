"""`batch.*` of the library: jobs, how far they are, and what failed."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal

from annotated_types import Ge, Le

from contract.fields import Count
from contract.message import Message, message
from contract.warnings import Warned

#: Failures of one page: unasked, and at most.
PAGE = 100
MAX_PAGE = 10_000

JobStatus = Literal[
    "no_job",
    "initialized",
    "running",
    "paused",
    "cancelling",
    "completed",
    "completed_with_errors",
    "failed",
    "cancelled",
]
FailureKind = Literal["failure", "warning"]


@message
class StartRequest(Message):
    """A job that embeds. `models` None: those enabled; `track_ids` None: all.

    `stand_in`: where none of `models` can be used, nor is enabled, the enabled ones embed what is missing.
    """

    models: list[str] | None = None
    clear_existing: bool = False
    retry_failed: bool = False
    track_ids: list[str] | None = None
    stand_in: bool = False


@message
class Started(Message):
    """The job runs; warnings say which models it does without."""

    status: Literal["started"] = "started"
    job_id: str
    warnings: list[Warned]


@message
class JobState(Message):
    """The new status of the job."""

    status: JobStatus


@message
class JobRequest(Message):
    """A job by its id."""

    job_id: str


@message
class FailuresRequest(Message):
    """A page of the failures of the vectors in service; `warnings`: also tracks embedded with one."""

    offset: Annotated[int, Ge(0), Le(2**53)] = 0
    limit: Annotated[int, Ge(1), Le(MAX_PAGE)] = PAGE
    warnings: bool = False


@message
class Failure(Message):
    """A track that one model could not embed (`failure`), or embedded with a `warning`."""

    track_id: str
    title: str
    artist: str
    path: str
    model: str
    code: str
    message: str
    attempts: int
    kind: FailureKind


@message
class Failures(Message):
    """One page; `total` counts all."""

    total: Count
    failures: list[Failure]


@message
class ModelProgress(Message):
    """One model of a job, in tracks."""

    total: Count
    done: Count
    failed: Count
    tracks_per_hour: float


@message
class Waiting(Message):
    """What nothing moves for: why, and the file or folder that is meant, where there is one."""

    reason: str
    path: str | None = None


@message
class Progress(Message):
    """The running or last job; only `status` (`no_job`) where there never was one. Times are unix seconds."""

    status: JobStatus
    job_id: str = ""
    total_tracks: Count = 0
    processed_tracks: Count = 0
    failed_tracks: Count = 0
    current_track: str = ""
    progress_percent: float = 0.0
    estimated_completion: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    models: dict[str, ModelProgress] = field(default_factory=dict)
    #: Track x model.
    total_operations: Count = 0
    processed_operations: Count = 0
    #: The first of them; `batch.failures` has all.
    failures: list[Failure] = field(default_factory=list)
    warnings: Count = 0
    automatic: bool = False
    message: str = ""
    waiting: Waiting | None = None


@message
class PastJob(Progress):
    """A job as the history lists it, without its failures."""

    clear_existing: bool
    retry_failed: bool


@message
class History(Message):
    """Jobs, newest first."""

    jobs: list[PastJob]
