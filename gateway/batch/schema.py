"""Schemas of `/batch/*`: requests use the camelCase names of Navidrome's pages, responses the library worker's."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AliasChoices, ConfigDict, Field, ValidationInfo, field_validator

from contract.fields import INTEGRAL, ModelName, Models, Name
from contract.jobs import EMBED, MAX_PAGE, JobKind
from gateway.http.schema import RequestBody, ResponseBody

#: Most track ids in one job request.
MAX_JOB_TRACKS: Final = 1_000_000
#: Largest offset into the failures.
MAX_OFFSET: Final = 2**53


PageSize = Annotated[int, Field(ge=1, le=MAX_PAGE), INTEGRAL]


#: JSON schema of the combination that is refused.
CLEARED_TRACKS: dict[str, Any] = {
    "required": ["clearExisting", "trackIds"],
    "properties": {"clearExisting": {"const": True}, "trackIds": {"type": "array"}},
}


#: Kinds of job that HTTP can start. A backup writes a file on the server, so only the command starts one.
Startable = Literal["embed", "prune", "migrate_ids", "train_text"]


class JobOptions(RequestBody):
    """Options of jobs other than `embed`; each kind takes its own.

    The encoder of `train_text` is a folder on the server or something for the server to download, so only the command
    can choose it.
    """

    model_config = ConfigDict(extra="forbid")

    all: bool | None = Field(None, description="`prune`: forget vanished tracks, however many there are")
    model: ModelName | None = Field(None, description="`train_text`: the model that learns to read texts")


class BatchStart(RequestBody):
    """What to embed; an empty body means everything that is missing. Other kinds of job use only `options`."""

    model_config = ConfigDict(json_schema_extra={"not": CLEARED_TRACKS})

    models: Models | None = Field(None, description="absent, null or empty: all enabled models")
    clear_existing: bool = Field(
        False, validation_alias=AliasChoices("clearExisting"), description="rebuild all vectors beside the old ones"
    )
    retry_failed: bool = Field(
        False, validation_alias=AliasChoices("retryFailed"), description="retry tracks that failed for good"
    )
    track_ids: Annotated[list[Name], Field(max_length=MAX_JOB_TRACKS, fail_fast=True)] | None = Field(
        None, validation_alias=AliasChoices("trackIds"), description="only these tracks"
    )

    kind: Startable = Field(EMBED, description="kind of job")
    options: JobOptions | None = Field(None, description="options of the kinds other than `embed`")

    @field_validator("track_ids")
    @classmethod
    def _not_cleared(cls, track_ids: list[str] | None, info: ValidationInfo) -> list[str] | None:
        if track_ids is not None and info.data.get("clear_existing"):
            raise ValueError("clearExisting applies to all tracks, not to some")
        return track_ids


class KindQuery(RequestBody):
    """The kind of job that a request is about."""

    kind: JobKind = Field(EMBED, description="kind of job")


class FailuresQuery(RequestBody):
    """Query of `GET /batch/failures`."""

    offset: Annotated[int, Field(ge=0, le=MAX_OFFSET), INTEGRAL] = Field(0)
    limit: PageSize | None = Field(None, description="absent: 100; all of them in CSV")
    format: Literal["json", "csv"] = "json"
    warnings: bool = Field(False, description="include tracks embedded with a warning")


class BatchStarted(ResponseBody):
    """The job has started."""

    status: Literal["started"]
    job_id: str
    warnings: list[str]
    warning_codes: list[str]


class BatchStatus(ResponseBody):
    """The new state of the job."""

    status: str


class ModelProgress(ResponseBody):
    """Progress of one model in a job."""

    total: int
    done: int
    failed: int
    tracks_per_hour: float | None


class Waiting(ResponseBody):
    """Why the job is stuck, and the file or folder concerned, if any."""

    reason: str
    path: str | None


class BatchProgress(ResponseBody):
    """The running or last job; `{"status": "no_job"}` if there never was one. Times are unix seconds."""

    status: str
    job_id: str | None = None
    kind: str | None = None
    total_tracks: int | None = None
    processed_tracks: int | None = None
    failed_tracks: int | None = None
    current_track: str | None = None
    progress_percent: float | None = None
    estimated_completion: float | None = None
    started_at: float | None = None
    models: dict[str, ModelProgress] | None = None
    total_operations: int | None = None
    processed_operations: int | None = None
    failures: list[dict[str, Any]] | None = None
    warnings: int | None = None
    error: dict[str, Any] | None = Field(None, description="the error that ended it, if it has a code")
    result: dict[str, Any] | None = Field(None, description="the result of a training or backup")
    waiting: Waiting | None = Field(
        None, description="why nothing moves: the disk is full, or the store or share is unavailable"
    )


class Failure(ResponseBody):
    """A track that one model could not embed (`kind` failure), or embedded with a warning."""

    track_id: str
    title: str
    artist: str
    path: str
    model: str
    code: str
    message: str
    attempts: int
    kind: str


class Failures(ResponseBody):
    """One page of failures; `total` counts all of them."""

    total: int
    failures: list[Failure]


class Jobs(ResponseBody):
    """The job history, newest first."""

    jobs: list[BatchProgress]
