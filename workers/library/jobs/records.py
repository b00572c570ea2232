"""Jobs: what was asked for, how far it is, how it ended."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson

from contract.jobs import JobKind, JobStatus, Progress
from contract.reading import Mismatch, read
from workers.library.state.database import State

INITIALIZED: Final[JobStatus] = "initialized"
RUNNING: Final[JobStatus] = "running"
PAUSED: Final[JobStatus] = "paused"
CANCELLING: Final[JobStatus] = "cancelling"
COMPLETED: Final[JobStatus] = "completed"
COMPLETED_WITH_ERRORS: Final[JobStatus] = "completed_with_errors"
FAILED: Final[JobStatus] = "failed"
CANCELLED: Final[JobStatus] = "cancelled"

ACTIVE: Final = (INITIALIZED, RUNNING, PAUSED, CANCELLING)
ENDED: Final = (COMPLETED, COMPLETED_WITH_ERRORS, FAILED, CANCELLED)

#: The kind of jobs that embed: what `batch.*` is about.

#: Phases of one model of a job: embedding, its new generation going into service, through.
PLANNED: Final = "planned"
SWITCHING: Final = "switching"
THROUGH: Final = "through"

_COLUMNS: Final = "id, kind, status, options, created_at, started_at, ended_at, message, summary"


@dataclass(frozen=True, slots=True)
class Options:
    """What a job embeds. `track_ids` None: all. `automatic`: nobody asked for it. `note`: what people are told."""

    models: tuple[str, ...]
    clear_existing: bool = False
    retry_failed: bool = False
    track_ids: tuple[str, ...] | None = None
    automatic: bool = False
    note: str = ""

    def packed(self) -> dict[str, Any]:
        """The options of a `Job`."""
        return asdict(self)

    @classmethod
    def of(cls, job: Job) -> Options:
        wanted = job.options
        ids = wanted["track_ids"]
        return cls(
            tuple(wanted["models"]),
            wanted["clear_existing"],
            wanted["retry_failed"],
            None if ids is None else tuple(ids),
            job.automatic,
            job.note,
        )


@dataclass(frozen=True, slots=True)
class Job:
    """One job. `options` are those of its kind, with `automatic` and `note`. Times are unix seconds; `summary` is its
    progress as it was told last, if it was.
    """

    id: str
    kind: JobKind
    status: JobStatus
    options: Mapping[str, Any]
    created_at: float
    started_at: float | None = None
    ended_at: float | None = None
    message: str = ""
    summary: Progress | None = None

    @property
    def automatic(self) -> bool:
        """Nobody asked for it."""
        return bool(self.options.get("automatic", False))

    @property
    def note(self) -> str:
        """What people are told of it."""
        return str(self.options.get("note", ""))

    @property
    def active(self) -> bool:
        return self.status in ACTIVE


@dataclass(frozen=True, slots=True)
class Part:
    """One model of a job: the generation that it fills, the one in service before it (once that is known), seconds
    worked and seconds of music done.
    """

    model: str
    generation: str
    phase: str = PLANNED
    previous: str = ""
    seconds: float = 0.0
    music: float = 0.0


class Jobs:
    """The tables `job` and `job_model`."""

    def __init__(self, state: State) -> None:
        self._state = state

    def create(self, kind: JobKind, options: Mapping[str, Any], now: float) -> Job:
        """A new job, not begun yet."""
        job = Job(uuid.uuid4().hex, kind, INITIALIZED, dict(options), now)
        with self._state.write() as connection:
            connection.execute(
                "INSERT INTO job (id, kind, status, options, created_at) VALUES (?, ?, ?, ?, ?)",
                (job.id, kind, INITIALIZED, orjson.dumps(job.options).decode(), now),
            )
        return job

    def get(self, job_id: str) -> Job | None:
        """A job of the history."""
        return self._one("WHERE id = ?", job_id)

    def last(self, kind: JobKind) -> Job | None:
        """The newest job of a kind, running or not."""
        return self._one("WHERE kind = ? ORDER BY number DESC LIMIT 1", kind)

    def active(self, *kinds: JobKind) -> Job | None:
        """The job of these kinds that runs or waits to; of several the oldest. Each kind has one at most."""
        marks = ",".join("?" * len(kinds))
        return self._one(f"WHERE status IN {ACTIVE} AND kind IN ({marks}) ORDER BY number LIMIT 1", *kinds)

    def keep_options(self, job: Job, **changed: Any) -> None:
        """Change options of a job."""
        self.update(job.id, options=orjson.dumps({**job.options, **changed}).decode())

    def history(self, limit: int) -> list[Job]:
        """The newest jobs, newest first."""
        rows = self._state.rows(f"SELECT {_COLUMNS} FROM job ORDER BY number DESC LIMIT ?", (limit,))
        return [_job(row) for row in rows]

    def _one(self, where: str, *values: Any) -> Job | None:
        row = self._state.row(f"SELECT {_COLUMNS} FROM job {where}", values)
        return None if row is None else _job(row)

    def update(self, job_id: str, **fields: Any) -> None:
        """Set columns of a job."""
        names = ", ".join(f"{name} = ?" for name in fields)
        with self._state.write() as connection:
            connection.execute(f"UPDATE job SET {names} WHERE id = ?", (*fields.values(), job_id))

    def begin(self, job_id: str, now: float) -> None:
        """A job is planned and runs, unless somebody paused or cancelled it meanwhile."""
        with self._state.write() as connection:
            connection.execute("UPDATE job SET started_at = ? WHERE id = ?", (now, job_id))
            connection.execute("UPDATE job SET status = ? WHERE id = ? AND status = ?", (RUNNING, job_id, INITIALIZED))

    def keep_summary(self, job_id: str, summary: Progress) -> None:
        """Remember a job's progress as it is told now."""
        self.update(job_id, summary=orjson.dumps(summary).decode())

    def parts(self, job_id: str) -> list[Part]:
        """The models of a job that were planned."""
        rows = self._state.rows(
            "SELECT model, generation, phase, previous, seconds, music FROM job_model WHERE job_id = ?", (job_id,)
        )
        return [Part(*row) for row in rows]

    def put_part(self, job_id: str, part: Part) -> None:
        """Remember how far a model of a job is."""
        with self._state.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO job_model (job_id, model, generation, phase, previous, seconds, music) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (job_id, part.model, part.generation, part.phase, part.previous, part.seconds, part.music),
            )

    def cancelled(self) -> set[str]:
        """Ids of the jobs that somebody cancelled."""
        return {str(row[0]) for row in self._state.rows("SELECT id FROM job WHERE status = ?", (CANCELLED,))}


def _job(row: tuple[Any, ...]) -> Job:
    job_id, kind, status, options, created_at, started_at, ended_at, message, summary = row
    return Job(
        job_id,
        kind,
        status,
        orjson.loads(options),
        created_at,
        started_at,
        ended_at,
        message,
        _summary(summary),
    )


def _summary(text: str) -> Progress | None:
    """What was told last; None for nothing, or something that another release wrote otherwise."""
    try:
        return read(Progress, orjson.loads(text))
    except Mismatch:
        return None
