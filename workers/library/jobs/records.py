"""The records of jobs: what was requested, how far each is, how it ended."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson

from contract.jobs import JobKind, JobStatus, Progress
from contract.reading import Mismatch, read
from workers.library.state.database import StateDatabase

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

#: The kind of the embedding jobs, which `batch.*` is about.

#: Phases of one model of a job: embedding, switching to its new generation, through.
PLANNED: Final = "planned"
SWITCHING: Final = "switching"
THROUGH: Final = "through"

_COLUMNS: Final = "id, kind, status, options, created_at, started_at, ended_at, message, summary"


@dataclass(frozen=True, slots=True)
class EmbedOptions:
    """What an embedding job does.

    `track_ids` None: all tracks. `automatic`: nobody asked for the job. `note`: a message for people.
    """

    models: tuple[str, ...]
    clear_existing: bool = False
    retry_failed: bool = False
    track_ids: tuple[str, ...] | None = None
    automatic: bool = False
    note: str = ""

    def packed(self) -> dict[str, Any]:
        """Return the options of a `Job`."""
        return asdict(self)

    @classmethod
    def of(cls, job: Job) -> EmbedOptions:
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
    """One job.

    `options` are those of its kind, plus `automatic` and `note`. Times are unix seconds. `summary` is the progress last
    reported, if any.
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
        """Whether the job started without a request."""
        return bool(self.options.get("automatic", False))

    @property
    def note(self) -> str:
        """The message for people."""
        return str(self.options.get("note", ""))

    @property
    def active(self) -> bool:
        return self.status in ACTIVE


@dataclass(frozen=True, slots=True)
class JobModel:
    """One model of a job.

    It names the generation that it fills and the one in service before (once known), and counts seconds worked and
    seconds of music done.
    """

    model: str
    generation: str
    phase: str = PLANNED
    previous: str = ""
    seconds: float = 0.0
    music: float = 0.0


class Jobs:
    """The tables `job` and `job_model`."""

    def __init__(self, state: StateDatabase) -> None:
        self._state = state

    def create(self, kind: JobKind, options: Mapping[str, Any], now: float) -> Job:
        """Create a job that has not begun."""
        job = Job(uuid.uuid4().hex, kind, INITIALIZED, dict(options), now)
        with self._state.write() as connection:
            connection.execute(
                "INSERT INTO job (id, kind, status, options, created_at) VALUES (?, ?, ?, ?, ?)",
                (job.id, kind, INITIALIZED, orjson.dumps(job.options).decode(), now),
            )
        return job

    def get(self, job_id: str) -> Job | None:
        """Return a job by its id, or None."""
        return self._one("WHERE id = ?", job_id)

    def last(self, kind: JobKind) -> Job | None:
        """Return the newest job of a kind, running or not."""
        return self._one("WHERE kind = ? ORDER BY number DESC LIMIT 1", kind)

    def active(self, *kinds: JobKind) -> Job | None:
        """Return the oldest job of these kinds that runs or waits to run. Each kind has at most one."""
        marks = ",".join("?" * len(kinds))
        return self._one(f"WHERE status IN {ACTIVE} AND kind IN ({marks}) ORDER BY number LIMIT 1", *kinds)

    def keep_options(self, job: Job, **changed: Any) -> None:
        """Change some options of a job."""
        self.update(job.id, options=orjson.dumps({**job.options, **changed}).decode())

    def history(self, limit: int) -> list[Job]:
        """Return the newest jobs, newest first."""
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

    def change_status(self, job_id: str, status: JobStatus, allowed: Collection[JobStatus]) -> bool:
        """Set the status of a job if it has one of `allowed`; return whether it had."""
        marks = ",".join("?" * len(allowed))
        with self._state.write() as connection:
            changed = connection.execute(
                f"UPDATE job SET status = ? WHERE id = ? AND status IN ({marks})", (status, job_id, *allowed)
            )
        return changed.rowcount == 1

    def begin(self, job_id: str, now: float) -> None:
        """Mark a planned job as running, unless somebody has paused or cancelled it."""
        with self._state.write() as connection:
            connection.execute("UPDATE job SET started_at = ? WHERE id = ?", (now, job_id))
            connection.execute("UPDATE job SET status = ? WHERE id = ? AND status = ?", (RUNNING, job_id, INITIALIZED))

    def keep_summary(self, job_id: str, summary: Progress) -> None:
        """Store a job's progress as last reported."""
        self.update(job_id, summary=orjson.dumps(summary).decode())

    def parts(self, job_id: str) -> list[JobModel]:
        """Return the models of a job that have been planned."""
        rows = self._state.rows(
            "SELECT model, generation, phase, previous, seconds, music FROM job_model WHERE job_id = ?", (job_id,)
        )
        return [JobModel(*row) for row in rows]

    def put_part(self, job_id: str, part: JobModel) -> None:
        """Store how far one model of a job is."""
        with self._state.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO job_model (job_id, model, generation, phase, previous, seconds, music) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (job_id, part.model, part.generation, part.phase, part.previous, part.seconds, part.music),
            )

    def cancelled(self) -> set[str]:
        """Return the ids of jobs that somebody cancelled, except those that made room for a requested job."""
        rows = self._state.rows("SELECT id, options FROM job WHERE status = ?", (CANCELLED,))
        return {str(job_id) for job_id, options in rows if not orjson.loads(options).get("replaced", False)}


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
    """Return the stored progress; None if there is none or another release wrote it differently."""
    try:
        return read(Progress, orjson.loads(text))
    except Mismatch:
        return None
