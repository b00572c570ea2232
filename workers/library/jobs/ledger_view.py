"""Reads the ledger: rows of tracks and models, in the ways that jobs need."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contract.library import LedgerState
from workers.library.catalogue.catalogue import COLUMNS, CatalogueTrack
from workers.library.state.database import StateDatabase

PENDING: Final = "pending"
DONE: Final = "done"
FAILED: Final = "failed"

#: Rows to read at once.
PAGE: Final = 2000

#: Sorts after every id: SQLite sorts bytes after all text.
LAST_KEY: Final = b""

_ROW: Final = "state, code, attempts, model_id, audio_id, stamp, tags, job_id, updated_at, warning, warning_message"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One track with one model.

    `model_id`, `audio_id`, `stamp`, `tags`: what the stored vector was made of ("" if there is none). If a row failed
    or is pending without a vector, `stamp` is that of its file. `updated_at` in unix seconds; `warning`: the audio
    warning of the vector.
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
    """A stored vector that can be copied, with its audio warning."""

    track_id: str
    model_id: str
    warning: str = ""
    warning_message: str = ""


class LedgerView:
    """The rows of one model in one generation, read-only."""

    def __init__(self, state: StateDatabase, model: str, generation: str) -> None:
        self._state = state
        self._key = (model, generation)
        self.model = model
        self.generation = generation

    def joined(self, *, changed: bool = False) -> Iterator[tuple[CatalogueTrack, LedgerRow | None]]:
        """Yield every present track with its row, if any, by id.

        `changed`: only tracks without a row, or whose file or tags differ from the row.
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

    def pending(self, job_id: str, least: float, most: float) -> Iterator[tuple[CatalogueTrack, LedgerRow]]:
        """Yield what a job still has to do, of tracks from `least` to below `most` seconds, longest first.

        Reads page by page, so that a large library does not fill the memory. Includes vanished tracks: they fail as
        missing.
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

    def _join(self, join: str, where: str, values: Sequence[Any]) -> list[tuple[CatalogueTrack, LedgerRow | None]]:
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
            (CatalogueTrack.of(columns[:split]), None if columns[split] is None else LedgerRow(*columns[split:]))
            for columns in self._state.rows(sql, (*self._key, *values))
        ]

    def source(self, audio_id: str, model_id: str, but: str, job_id: str = "") -> Origin | None:
        """Return a stored vector of the same audio from a track other than `but`.

        With `job_id`, skips vectors that have a warning unless that job made them.
        """
        columns = self._state.row(
            "SELECT track_id, model_id, warning, warning_message "
            "FROM ledger INDEXED BY ledger_audio "  # else SQLite reads the whole generation
            "WHERE model = ? AND generation = ? AND audio_id = ? "
            "AND state = 'done' AND track_id <> ? AND (? = '' OR model_id = ?) "
            "AND (? = '' OR warning = '' OR job_id = ?) ORDER BY warning <> '' LIMIT 1",
            (*self._key, audio_id, but, model_id, model_id, job_id, job_id),
        )
        return None if columns is None else Origin(*columns)

    def stale(self, codes: Iterable[str]) -> list[str]:
        """Return tracks that failed with one of these codes and still have a vector of the earlier file."""
        wanted = list(codes)
        sql = (
            "SELECT track_id FROM ledger WHERE model = ? AND generation = ? AND state = 'failed' AND audio_id <> '' "
            f"AND code IN ({','.join('?' * len(wanted))})"
        )
        return [str(row[0]) for row in self._state.rows(sql, (*self._key, *wanted))]

    def vectors(self) -> dict[str, str]:
        """Return the audio id by track of every row that is done."""
        sql = "SELECT track_id, audio_id FROM ledger WHERE model = ? AND generation = ? AND state = 'done'"
        return {str(track_id): str(audio_id) for track_id, audio_id in self._state.rows(sql, self._key)}

    def rows(self, track_ids: Sequence[str]) -> dict[str, LedgerRow]:
        """Return the existing rows of these tracks."""
        sql = f"SELECT track_id, {_ROW} FROM ledger WHERE model = ? AND generation = ? AND track_id = ?"
        rows = [self._state.row(sql, (*self._key, track_id)) for track_id in track_ids]
        return {row[0]: LedgerRow(*row[1:]) for row in rows if row is not None}

    def counts(self) -> dict[str, int]:
        """Return the number of rows by state, of present tracks."""
        sql = (
            "SELECT state, count(*) FROM ledger JOIN track ON track.id = ledger.track_id AND track.vanished_at IS NULL "
            "WHERE model = ? AND generation = ? GROUP BY state"
        )
        return {str(state): int(number) for state, number in self._state.rows(sql, self._key)}

    def of_job(self, job_id: str) -> list[tuple[str, str, float, str]]:
        """Return track id, state, duration (s) and warning of every row of a job."""
        sql = (
            "SELECT ledger.track_id, state, coalesce(duration, 0), warning FROM ledger LEFT JOIN track "
            "ON track.id = ledger.track_id WHERE model = ? AND generation = ? AND job_id = ?"
        )
        return [
            (i, state, seconds, warning) for i, state, seconds, warning in self._state.rows(sql, (*self._key, job_id))
        ]
