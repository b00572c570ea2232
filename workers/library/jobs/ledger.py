"""The ledger: what came of every track with every model. A row is pending, done or failed."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from contract.library import LedgerState
from workers.library.catalogue.catalogue import COLUMNS, Entry
from workers.library.state.database import State

PENDING: Final = "pending"
DONE: Final = "done"
FAILED: Final = "failed"

#: Rows that are read at once.
PAGE: Final = 2000

#: Sorts behind every id: SQLite has bytes behind all text.
LAST_KEY: Final = b""

_ROW: Final = "state, code, attempts, model_id, audio_id, stamp, tags, job_id, updated_at, warning, warning_message"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One track with one model. `model_id`, `audio_id`, `stamp`, `tags`: what the stored vector was made of ("" where
    there is none); `stamp` of a row that failed, or waits without a vector: of its file. `updated_at` in unix seconds;
    `warning`: what is to be said of the vector.
    """

    state: LedgerState
    code: str = ""
    attempts: int = 0
    model_id: str = ""
    audio_id: str = ""
    stamp: str = ""
    tags: str = ""
    job_id: str = ""
    updated_at: float = 0.0
    warning: str = ""
    warning_message: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """A stored vector that others may be copied from, and what is to be said of it."""

    track_id: str
    model_id: str
    warning: str = ""
    warning_message: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """A track whose vector the store has acknowledged. `stages`: seconds by stage."""

    entry: Entry
    audio_id: str
    model_id: str
    stages: dict[str, float]
    warning: str = ""
    warning_message: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A track that gave no vector; `final`: not tried again within this job."""

    entry: Entry
    code: str
    message: str
    final: bool


class Ledger:
    """The rows of one model in one generation."""

    def __init__(self, state: State, model: str, generation: str) -> None:
        self._state = state
        self._key = (model, generation)
        self.model = model
        self.generation = generation

    def joined(self, *, changed: bool = False) -> Iterator[tuple[Entry, LedgerRow | None]]:
        """Every track that is there, with its row if it has one; by id. `changed`: only those without a row, or whose
        file or tags are not those of the row.
        """
        where = "track.vanished_at IS NULL AND track.id > ?"
        if changed:
            where += (
                " AND (ledger.track_id IS NULL OR ledger.stamp <> track.stamp "
                "OR (ledger.state = 'done' AND ledger.tags <> track.tags))"
            )
        after = ""
        while page := self._join("LEFT JOIN", f"{where} ORDER BY track.id", (after,)):
            yield from page
            after = page[-1][0].id

    def pending(self, job_id: str, least: float, most: float) -> Iterator[tuple[Entry, LedgerRow]]:
        """What a job still has to do, of tracks of `least` to below `most` seconds, the longest first.

        Read page by page, so that a large library does not fill the memory. Vanished tracks are among it: they fail
        as what they are, missing.
        """
        where = (
            "ledger.job_id = ? AND ledger.state = ? AND track.duration >= ? AND (track.duration, track.id) < (?, ?) "
            "ORDER BY track.duration DESC, track.id DESC"
        )
        last: tuple[float, str | bytes] = (most, LAST_KEY if most == math.inf else "")
        while page := self._join("CROSS JOIN", where, (job_id, PENDING, least, *last)):
            for entry, row in page:
                if row is not None:
                    yield entry, row
            last = (page[-1][0].duration, page[-1][0].id)

    def _join(self, join: str, where: str, values: Sequence[Any]) -> list[tuple[Entry, LedgerRow | None]]:
        names = COLUMNS.split(", ")
        track = ", ".join(f"track.{name}" for name in names)
        audio = "CASE WHEN track.audio_stamp = track.stamp THEN track.audio_id ELSE '' END"
        row = ", ".join(f"ledger.{name}" for name in _ROW.split(", "))
        sql = (
            f"SELECT {track}, {audio}, {row} FROM track {join} ledger ON ledger.model = ? AND ledger.generation = ? "
            f"AND ledger.track_id = track.id WHERE {where} LIMIT {PAGE}"
        )
        split = len(names) + 1
        return [
            (Entry.of(found[:split]), None if found[split] is None else LedgerRow(*found[split:]))
            for found in self._state.rows(sql, (*self._key, *values))
        ]

    def plan(self, track_ids: Iterable[str], job_id: str) -> None:
        """Make rows pending for a job; what they know of a stored vector stays, a new one has its file's stamp."""
        with self._state.write() as connection:
            connection.executemany(
                "INSERT INTO ledger (model, generation, track_id, state, job_id, stamp) "
                "VALUES (?1, ?2, ?3, ?4, ?5, coalesce((SELECT stamp FROM track WHERE id = ?3), '')) "
                "ON CONFLICT DO UPDATE SET attempts = CASE WHEN state = 'failed' THEN attempts ELSE 0 END, "
                "state = excluded.state, job_id = excluded.job_id, code = '', message = ''",
                [(*self._key, track_id, PENDING, job_id) for track_id in track_ids],
            )

    def reset_attempts(self, track_ids: Iterable[str], codes: Collection[str] = ()) -> None:
        """Forget earlier attempts (of these failures): the file changed or is there again, or somebody asked to try."""
        sql = "UPDATE ledger SET attempts = 0 WHERE model = ? AND generation = ? AND track_id = ?"
        if codes:
            sql += f" AND state = 'failed' AND code IN ({','.join('?' * len(codes))})"
        with self._state.write() as connection:
            connection.executemany(sql, [(*self._key, track_id, *codes) for track_id in track_ids])

    def finish(self, done: Sequence[Done], job_id: str, now: float) -> None:
        """The store has these vectors: one transaction."""
        with self._state.write() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO ledger (model, generation, track_id, state, model_id, audio_id, stamp, tags, "
                "warning, warning_message, stages, job_id, updated_at) VALUES (?,?,?,'done',?,?,?,?,?,?,?,?,?)",
                [
                    (
                        *self._key,
                        one.entry.id,
                        one.model_id,
                        one.audio_id,
                        one.entry.stamp,
                        one.entry.tags,
                        one.warning,
                        one.warning_message,
                        orjson.dumps(one.stages).decode(),
                        job_id,
                        now,
                    )
                    for one in done
                ],
            )

    def fail(self, failed: Failed, job_id: str, now: float) -> int:
        """Count an attempt that failed; the row stays pending where it is not `final`. Returns the attempts so far."""
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

    def source(self, audio_id: str, model_id: str, but: str, job_id: str = "") -> Origin | None:
        """A stored vector of the same audio, other than that of the track `but`; with `job_id` none with a warning,
        unless that job made it.
        """
        found = self._state.row(
            "SELECT track_id, model_id, warning, warning_message "
            "FROM ledger INDEXED BY ledger_audio "  # else SQLite reads all the generation
            "WHERE model = ? AND generation = ? AND audio_id = ? "
            "AND state = 'done' AND track_id <> ? AND (? = '' OR model_id = ?) "
            "AND (? = '' OR warning = '' OR job_id = ?) ORDER BY warning <> '' LIMIT 1",
            (*self._key, audio_id, but, model_id, model_id, job_id, job_id),
        )
        return None if found is None else Origin(*found)

    def forget_vectors(self, track_ids: Iterable[str], job_id: str = "") -> None:
        """The store has no vector of these tracks: nothing is known of one, and those done are pending.

        They stay rows of the job `job_id` where they were its; of other jobs they are left-overs that any may take.
        """
        with self._state.write() as connection:
            connection.executemany(
                "UPDATE ledger SET audio_id = '', model_id = '', tags = '', job_id = CASE WHEN job_id = ? "
                "THEN job_id ELSE '' END, state = CASE WHEN state = 'done' THEN 'pending' ELSE state END "
                "WHERE model = ? AND generation = ? AND track_id = ?",
                [(job_id, *self._key, track_id) for track_id in track_ids],
            )

    def found_vectors(self, rows: Iterable[tuple[str, str, str]], now: float) -> None:
        """The store has vectors of which the ledger knows nothing: (track id, audio id, model id). Whether the file
        is still the same is looked at by the next job.
        """
        with self._state.write() as connection:
            connection.executemany(
                "INSERT INTO ledger (model, generation, track_id, state, audio_id, model_id, updated_at) "
                "VALUES (?, ?, ?, 'done', ?, ?, ?) ON CONFLICT DO UPDATE SET audio_id = excluded.audio_id, "
                "model_id = excluded.model_id WHERE audio_id = ''",
                [(*self._key, *row, now) for row in rows],
            )

    def stale(self, codes: Iterable[str]) -> list[str]:
        """Tracks that failed with one of these codes and have a vector of what their file was before."""
        wanted = list(codes)
        sql = (
            "SELECT track_id FROM ledger WHERE model = ? AND generation = ? AND state = 'failed' AND audio_id <> '' "
            f"AND code IN ({','.join('?' * len(wanted))})"
        )
        return [str(row[0]) for row in self._state.rows(sql, (*self._key, *wanted))]

    def vectors(self) -> dict[str, str]:
        """Audio id by track of every row that is done."""
        sql = "SELECT track_id, audio_id FROM ledger WHERE model = ? AND generation = ? AND state = 'done'"
        return {str(track_id): str(audio_id) for track_id, audio_id in self._state.rows(sql, self._key)}

    def rows(self, track_ids: Sequence[str]) -> dict[str, LedgerRow]:
        """The rows of these tracks that there are."""
        sql = f"SELECT track_id, {_ROW} FROM ledger WHERE model = ? AND generation = ? AND track_id = ?"
        found = [self._state.row(sql, (*self._key, track_id)) for track_id in track_ids]
        return {row[0]: LedgerRow(*row[1:]) for row in found if row is not None}

    def carry(self, old_id: str, entry: Entry) -> None:
        """The vector of `old_id` is now that of `entry`, too, which has the same audio: its row says so, unless it has
        one of its own or failed. Nothing is left of the old row.
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

    def keep_tags(self, entry: Entry) -> None:
        """The store has the track's present tags beside its vector."""
        with self._state.write() as connection:
            connection.execute(
                "UPDATE ledger SET tags = ? WHERE model = ? AND generation = ? AND track_id = ?",
                (entry.tags, *self._key, entry.id),
            )

    def counts(self) -> dict[str, int]:
        """Rows by state, of tracks that are there."""
        sql = (
            "SELECT state, count(*) FROM ledger JOIN track ON track.id = ledger.track_id AND track.vanished_at IS NULL "
            "WHERE model = ? AND generation = ? GROUP BY state"
        )
        return {str(state): int(number) for state, number in self._state.rows(sql, self._key)}

    def of_job(self, job_id: str) -> list[tuple[str, str, float, str]]:
        """Track id, state, duration and warning of every row of a job."""
        sql = (
            "SELECT ledger.track_id, state, coalesce(duration, 0), warning FROM ledger LEFT JOIN track "
            "ON track.id = ledger.track_id WHERE model = ? AND generation = ? AND job_id = ?"
        )
        return [
            (i, state, seconds, warning) for i, state, seconds, warning in self._state.rows(sql, (*self._key, job_id))
        ]

    def drop(self) -> None:
        """Forget the whole generation."""
        with self._state.write() as connection:
            connection.execute("DELETE FROM ledger WHERE model = ? AND generation = ?", self._key)


def _attempts(connection: sqlite3.Connection, key: tuple[str, str, str]) -> int:
    sql = "SELECT attempts FROM ledger WHERE model = ? AND generation = ? AND track_id = ?"
    return int(connection.execute(sql, key).fetchone()[0])
