"""Schemas of `/api/recommendations/admin/*`, in the names of `/batch/*` and `/models`."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from contract.fields import INTEGRAL, ModelName, Models, Name
from contract.search import MAX_TWINS
from contract.upkeep import MAX_PAGE as MAX_ROWS
from gateway.batch.schema import MAX_JOB_TRACKS, MAX_OFFSET, Failure, PageSize
from gateway.http.schema import RequestBody, ResponseBody
from gateway.models.schema import Model

#: Most workers of a model, as the command declares them.
MAX_WORKERS: Final = 8
#: Most lines, events and queries in one answer.
MAX_LINES: Final = 5_000
MAX_EVENTS: Final = 2_000
MAX_QUERIES: Final = 500

Offset = Annotated[int, Field(ge=0, le=MAX_OFFSET), INTEGRAL]
Rows = Annotated[int, Field(ge=1, le=MAX_ROWS), INTEGRAL]


class AdminFailuresQuery(RequestBody):
    """Which failed tracks, and in which form."""

    offset: Offset = 0
    limit: PageSize | None = Field(None, description="absent: 100, or all of them in CSV")
    kind: Literal["failure", "warning", "all"] = Field("failure", description="warning: embedded, but with a warning")
    format: Literal["json", "csv"] = "json"


class RemediedFailure(Failure):
    """A failed track and what to do about it."""

    remedy: str


class RemediedFailures(ResponseBody):
    """One page; `total` counts all of them."""

    total: int
    failures: list[RemediedFailure]


class RetryRequest(RequestBody):
    """What to try again."""

    track_ids: Annotated[list[Name], Field(min_length=1, max_length=MAX_JOB_TRACKS, fail_fast=True)] | None = Field(
        None, description="absent: all that failed"
    )
    models: Models | None = Field(None, description="absent: those enabled")


class PageQuery(RequestBody):
    """A page."""

    offset: Offset = 0
    limit: Rows | None = Field(None, description="absent: 100")


class AlikeQuery(RequestBody):
    """A page of tracks to compare with all others."""

    after: Name | None = Field(None, description="`next` of an earlier answer")
    limit: Annotated[int, Field(ge=1, le=MAX_TWINS), INTEGRAL] = Field(200, description="tracks to compare")
    least: Annotated[float, Field(ge=0.5, le=1)] = Field(0.93, description="least similarity; 1: the same recording")
    model: ModelName | None = Field(None, description="absent: the one that lists use")


class AlikePair(ResponseBody):
    """Two tracks that sound the same."""

    score: float
    tracks: list[dict[str, Any]]


class AlikePairs(ResponseBody):
    """Pairs of one page of tracks, closest first. `next` null: the last page."""

    model: str
    pairs: list[AlikePair]
    next: str | None


class UnembeddedQuery(PageQuery):
    """A page of the tracks that a model has no vector of."""

    model: ModelName | None = Field(None, description="absent: the first enabled one")


class UnembeddedTracks(ResponseBody):
    """One page, by path. `models`: the enabled ones."""

    model: str
    models: list[str]
    total: int
    tracks: list[dict[str, Any]]


class ScaledModel(Model):
    """One model, and how many workers of it are wanted."""

    scale: int


class ScaleRequest(RequestBody):
    """How many workers a model is to have."""

    workers: Annotated[int, Field(ge=0, le=MAX_WORKERS), INTEGRAL]


class Scale(ResponseBody):
    """Workers wanted, by model."""

    scale: dict[str, int]


class Process(ResponseBody):
    """A process as supervisord knows it. `since`: when it came into its state, in unix seconds."""

    name: str
    group: str
    state: str
    pid: int | None
    since: float | None
    message: str


class System(ResponseBody):
    """The parts of the mesh; null for what does not answer, with the reason in `errors`."""

    supervised: bool
    broker_up: bool
    processes: list[Process]
    workers: list[dict[str, Any]] | None
    services: list[dict[str, Any]] | None
    queues: dict[str, dict[str, int]] | None
    counters: dict[str, int] | None
    library: dict[str, Any] | None
    errors: dict[str, str]


class Finding(ResponseBody):
    """One thing that the doctor looked at."""

    subject: str
    status: Literal["ok", "note", "wrong"]
    message: str
    advice: str


class Examination(ResponseBody):
    """What the doctor found, and how many seconds it took."""

    healthy: bool
    findings: list[Finding]
    seconds: float


class Setting(ResponseBody):
    """One setting. The value of a secret is `(set)`."""

    variable: str
    value: str
    default: str
    description: str
    set: bool
    origin: Literal["environment", "file", "setup", "default"] = Field(
        description="file: `.env`; setup: `settings.env` in the data folder, written by the first run"
    )
    secret: bool


class Settings(ResponseBody):
    """All settings."""

    settings: list[Setting]


class LogFile(ResponseBody):
    """A log. `changed_at` in unix seconds."""

    name: str
    bytes: int
    changed_at: float


class LogFiles(ResponseBody):
    """All logs."""

    logs: list[LogFile]


class LogQuery(RequestBody):
    """How much of a log."""

    lines: Annotated[int, Field(ge=1, le=MAX_LINES), INTEGRAL] = 200
    after: Offset | None = Field(None, description="`end` of an earlier answer: only what came since")


class LogTail(ResponseBody):
    """The last lines; pass `end` as `after` to read what follows."""

    name: str
    lines: list[str]
    end: int


class LastQuery(RequestBody):
    """How many events."""

    limit: Annotated[int, Field(ge=1, le=MAX_EVENTS), INTEGRAL] = 100


class LastEvents(ResponseBody):
    """The last events, newest last, with their topics."""

    events: list[dict[str, Any]]


class SlowQuery(RequestBody):
    """How many queries."""

    limit: Annotated[int, Field(ge=1, le=MAX_QUERIES), INTEGRAL] = 50


class SlowSearch(ResponseBody):
    """One search that took too long. `at` in unix seconds."""

    at: float | None
    milliseconds: int
    line: str


class SlowSearches(ResponseBody):
    """Newest first."""

    queries: list[SlowSearch]
