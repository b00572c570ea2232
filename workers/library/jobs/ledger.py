"""The ledger: the outcome of every track with every model. A row is pending, done or failed."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import orjson

from workers.library.catalogue.catalogue import CatalogueTrack
from workers.library.jobs.ledger_view import DONE, FAILED, PENDING, LedgerRow, LedgerView, Origin

__all__ = ["DONE", "FAILED", "PENDING", "Done", "Failed", "Ledger", "LedgerRow", "Origin"]


@dataclass(frozen=True, slots=True)
class Done:
    """A track whose vector the store has acknowledged. `stages`: seconds by stage."""

    entry: CatalogueTrack
    audio_id: str
    model_id: str
    stages: dict[str, float]
    warning: str = ""
    warning_message: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A track without a vector; `final`: no retry within this job."""

    entry: CatalogueTrack
    code: str
    message: str
    final: bool


class Ledger(LedgerView):
    """The rows of one model in one generation."""

    def plan(self, track_ids: Iterable[str], job_id: str) -> None:
        """Make rows pending for a job. Rows keep what they know of a stored vector; new rows get their file's stamp."""
        with self._state.write() as connection:
            connection.executemany(
                "INSERT INTO ledger (model, generation, track_id, state, job_id, stamp) "
                "VALUES (?1, ?2, ?3, ?4, ?5, coalesce((SELECT stamp FROM track WHERE id = ?3), '')) "
                "ON CONFLICT DO UPDATE SET attempts = CASE WHEN state = 'failed' THEN attempts ELSE 0 END, "
                "state = excluded.state, job_id = excluded.job_id, code = '', message = ''",
                [(*self._key, track_id, PENDING, job_id) for track_id in track_ids],
            )

    def reset_attempts(self, track_ids: Iterable[str], codes: Collection[str] = ()) -> None:
        """Forget earlier attempts (with these codes): the file changed or is back, or somebody asked for a retry."""
        sql = "UPDATE ledger SET attempts = 0 WHERE model = ? AND generation = ? AND track_id = ?"
        if codes:
            sql += f" AND state = 'failed' AND code IN ({','.join('?' * len(codes))})"
        with self._state.write() as connection:
            connection.executemany(sql, [(*self._key, track_id, *codes) for track_id in track_ids])

    def finish(self, done: Sequence[Done], job_id: str, now: float) -> None:
        """Record vectors that the store has acknowledged, in one transaction."""
        with self._state.write() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO ledger (model, generation, track_id, state, model_id, audio_id, stamp, tags, "
                "warning, warning_message, stages, job_id, updated_at) VALUES (?,?,?,'done',?,?,?,?,?,?,?,?,?)",
                [
                    (
                        *self._key,
                        outcome.entry.id,
                        outcome.model_id,
                        outcome.audio_id,
                        outcome.entry.stamp,
                        outcome.entry.tags,
                        outcome.warning,
                        outcome.warning_message,
                        orjson.dumps(outcome.stages).decode(),
                        job_id,
                        now,
                    )
                    for outcome in done
                ],
            )

    def fail(self, failed: Failed, job_id: str, now: float) -> int:
        """Count a failed attempt and return the attempts so far. The row stays pending unless `final`."""
        state = FAILED if failed.final else PENDING
        with self._state.write() as connection:
            connection.execute(
                "INSERT INTO ledger (model, generation, track_id, state, code, message, attempts, stamp, job_id, "
                "updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET state = ?4, "
                "code = ?5, message = ?6, attempts = attempts + 1, stamp = ?7, job_id = ?8, updated_at = ?9, "
                "warning = '', warning_message = ''",
                (*self._key, failed.entry.id, state, failed.code, failed.message, failed.entry.stamp, job_id, now),
            )
            return _attempts(connection, (*self._key, failed.entry.id))

    def forget_vectors(self, track_ids: Iterable[str], job_id: str = "") -> None:
        """Record that the store has no vector of these tracks; rows that were done become pending.

        Rows of the job `job_id` stay with it; rows of other jobs become available to any job.
        """
        with self._state.write() as connection:
            connection.executemany(
                "UPDATE ledger SET audio_id = '', model_id = '', tags = '', job_id = CASE WHEN job_id = ? "
                "THEN job_id ELSE '' END, state = CASE WHEN state = 'done' THEN 'pending' ELSE state END "
                "WHERE model = ? AND generation = ? AND track_id = ?",
                [(job_id, *self._key, track_id) for track_id in track_ids],
            )

    def found_vectors(self, rows: Iterable[tuple[str, str, str]], now: float) -> None:
        """Add vectors that the store has and the ledger does not know: (track id, audio id, model id).

        The next job checks whether the file is still the same.
        """
        with self._state.write() as connection:
            connection.executemany(
                "INSERT INTO ledger (model, generation, track_id, state, audio_id, model_id, updated_at) "
                "VALUES (?, ?, ?, 'done', ?, ?, ?) ON CONFLICT DO UPDATE SET audio_id = excluded.audio_id, "
                "model_id = excluded.model_id WHERE audio_id = ''",
                [(*self._key, *row, now) for row in rows],
            )

    def carry(self, old_id: str, entry: CatalogueTrack) -> None:
        """Move the row of `old_id` to `entry`, which has the same audio and a copy of the vector.

        A row of `entry` that has a vector of its own or failed stays as it is. The old row is gone afterwards.
        """
        names = ("model_id", "audio_id", "warning", "warning_message")
        made_of = ", ".join([*(f"{name} = old.{name}" for name in names), "stamp = ?5, tags = ?6"])
        with self._state.write() as connection:
            values = (*self._key, old_id, entry.id, entry.stamp, entry.tags)
            connection.execute(
                f"UPDATE ledger SET {made_of} FROM (SELECT {', '.join(names)} FROM ledger WHERE model = ?1 "
                "AND generation = ?2 AND track_id = ?3) AS old WHERE model = ?1 AND generation = ?2 AND track_id = ?4 "
                "AND state = 'pending' AND ledger.audio_id = ''",
                values,
            )
            connection.execute(
                "UPDATE OR IGNORE ledger SET track_id = ?4, stamp = ?5, tags = ?6 "
                "WHERE model = ?1 AND generation = ?2 AND track_id = ?3",
                values,
            )
            connection.execute(
                "DELETE FROM ledger WHERE model = ? AND generation = ? AND track_id = ?", (*self._key, old_id)
            )

    def keep_tags(self, entry: CatalogueTrack) -> None:
        """Record that the store has the track's current tags beside its vector."""
        with self._state.write() as connection:
            connection.execute(
                "UPDATE ledger SET tags = ? WHERE model = ? AND generation = ? AND track_id = ?",
                (entry.tags, *self._key, entry.id),
            )

    def drop(self) -> None:
        """Forget the whole generation."""
        with self._state.write() as connection:
            connection.execute("DELETE FROM ledger WHERE model = ? AND generation = ?", self._key)


def _attempts(connection: sqlite3.Connection, key: tuple[str, str, str]) -> int:
    sql = "SELECT attempts FROM ledger WHERE model = ? AND generation = ? AND track_id = ?"
    return int(connection.execute(sql, key).fetchone()[0])
