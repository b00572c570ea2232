"""Jobs of the library: kinds, progress and failures. `batch.*` is about jobs that embed."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Any, ClassVar, Final, Literal

from contract.bounds import Ge, Le, MaxLen, MinLen
from contract.errors import ErrorInfo
from contract.fields import Count, Label
from contract.message import Message, message, plain
from contract.warnings import Warned

#: Failures per page: the default and the maximum.
PAGE: Final = 100
MAX_PAGE: Final = 10_000

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
#: Statuses of a job that has ended.
ENDED: Final[frozenset[JobStatus]] = frozenset({"completed", "completed_with_errors", "failed", "cancelled"})
FailureKind = Literal["failure", "warning"]
JobKind = Literal["embed", "prune", "migrate_ids", "train_text", "backup"]
#: The kind that `batch.*` is about.
EMBED: Final = "embed"


@message
class StartRequest(Message):
    """Starts a job that embeds. `models` None: the enabled ones; `track_ids` None: all tracks.

    `stand_in`: if none of `models` is usable or enabled, the enabled models embed what is missing.
    """

    models: list[str] | None = None
    clear_existing: bool = False
    retry_failed: bool = False
    track_ids: list[str] | None = None
    stand_in: bool = False


@message
class PruneOptions(Message):
    """Options of a job that forgets tracks that vanished long ago; `all`: no matter how many."""

    all: bool = False


@message
class TrainOptions(Message):
    """Options of a job that trains a model's text side on the tags. `encoder`: a folder or a repository on the hub."""

    model: Label = "spectral"
    encoder: Label | None = None


@message
class BackupOptions(Message):
    """Options of a backup job. `file`: an absolute path on the library worker's host; `force`: replace it."""

    file: Annotated[str, MinLen(1), MaxLen(4096)]
    force: bool = False
    with_secrets: bool = False


@message
class StartJobRequest(Message):
    """Starts a job of any kind; `options` belong to that kind."""

    kind: JobKind
    options: dict[str, Any] = field(default_factory=dict)


@message
class KindRequest(Message):
    """The job of a kind: at most one job of each kind has not ended."""

    kind: JobKind


@message
class Started(Message):
    """The job has started; warnings name the models that it leaves out."""

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
    """A page of failures in the vectors in service; `warnings`: also tracks that were embedded with a warning.

    `failures` false: only those with a warning.
    """

    offset: Annotated[int, Ge(0), Le(2**53)] = 0
    limit: Annotated[int, Ge(1), Le(MAX_PAGE)] = PAGE
    warnings: bool = False
    failures: bool = True


@message
class Failure(Message):
    """A track that one model could not embed (`failure`), or embedded with a `warning`."""

    track_id: str
    title: str = ""
    artist: str = ""
    path: str = ""
    model: str = ""
    code: str = ""
    message: str = ""
    attempts: int = 1
    kind: FailureKind = "failure"


@message
class Failures(Message):
    """One page; `total` counts all."""

    total: Count
    failures: list[Failure]


@message
class ModelProgress(Message):
    """Progress of one model in a job, in tracks."""

    total: Count
    done: Count
    failed: Count
    tracks_per_hour: float


@message
class Waiting(Message):
    """What a stalled job waits for: the reason, and the file or folder concerned, if any."""

    reason: str
    path: str | None = None


@message
class JobRecord(Message):
    """All that is known about a job, running or ended. Times are unix seconds.

    `total_operations` counts track x model if the job embeds, otherwise the kind's own unit: tracks, ids or steps.
    """

    left_out: ClassVar[tuple[str, ...]] = ("error", "result")

    status: JobStatus
    job_id: str = ""
    kind: JobKind = "embed"
    total_tracks: Count = 0
    processed_tracks: Count = 0
    failed_tracks: Count = 0
    progress_percent: float = 0.0
    estimated_completion: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    models: dict[str, ModelProgress] = field(default_factory=dict)
    total_operations: Count = 0
    processed_operations: Count = 0
    warnings: Count = 0
    automatic: bool = False
    message: str = ""
    waiting: Waiting | None = None
    #: The error that ended it, if it has a code.
    error: ErrorInfo | None = None
    #: What it made, if that is more than vectors.
    result: dict[str, Any] | None = None


@message
class Progress(JobRecord):
    """The running or last job; only `status` (`no_job`) if there never was one."""

    current_track: str = ""
    #: The first failures; `batch.failures` has all.
    failures: list[Failure] = field(default_factory=list)


@message
class NoJob(Progress):
    """There never was a job: only the status is sent."""

    left_out: ClassVar[tuple[str, ...]] = tuple(
        name for kind in (JobRecord, Progress) for name in kind.__annotations__ if name not in {"left_out", "status"}
    )


NO_JOB: Final = NoJob(status="no_job", **dict.fromkeys(NoJob.left_out))  # type: ignore[arg-type]


def document(progress: Progress) -> dict[str, Any]:
    """Returns a job as JSON shows it."""
    fields: dict[str, Any] = plain(progress if progress.status != NO_JOB.status else NO_JOB)
    return fields


@message
class PastJob(JobRecord):
    """A job as the history lists it."""

    clear_existing: bool = False
    retry_failed: bool = False


@message
class History(Message):
    """Jobs, newest first."""

    jobs: list[PastJob]
