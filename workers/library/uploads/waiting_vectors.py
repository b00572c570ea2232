"""Keeps vectors of uploads until Navidrome knows the track: `uploads.db`, beside `state.db`.

It is a separate file because its data is short-lived, and losing it only means embedding again.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from contract.errors import StoreUnavailable

#: How many seconds a vector waits.
KEEP_SECONDS: Final = 24 * 3600.0
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS waiting (
    audio_id TEXT NOT NULL, model TEXT NOT NULL, model_id TEXT NOT NULL, dim INTEGER NOT NULL, vector BLOB NOT NULL,
    duration REAL NOT NULL, warning TEXT NOT NULL, warning_message TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (audio_id, model)
) WITHOUT ROWID
"""
_COLUMNS: Final = "audio_id, model, model_id, dim, vector, duration, warning, warning_message, at"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WaitingVector:
    """A stored vector. `vector`: raw float32 [dim]; `duration` in seconds; `at` in unix seconds."""

    audio_id: str
    model: str
    model_id: str
    dim: int
    vector: bytes
    duration: float
    warning: str
    warning_message: str
    at: float


class WaitingVectors:
    """The waiting vectors. Thread-safe; a vector is durable when `put` returns."""

    def __init__(self, folder: Path) -> None:
        """Open the file; replace a broken one. Raises `StoreUnavailable` if it cannot be opened or created."""
        self._path = path = folder / "uploads.db"
        self._lock = threading.Lock()
        try:
            self._connection = _open(path)
        except sqlite3.OperationalError as error:  # a full disk or a lock passes, and the file holds waiting vectors
            raise StoreUnavailable(f"{path} cannot be opened now: {error}", {"path": str(path)}) from error
        except sqlite3.DatabaseError as error:
            log.warning("%s is unusable and is recreated: %s", path, error)
            try:
                for suffix in ("", "-wal", "-shm"):
                    path.with_name(path.name + suffix).unlink(missing_ok=True)
                self._connection = _open(path)
            except (OSError, sqlite3.DatabaseError) as again:
                raise StoreUnavailable(f"{path} cannot be opened: {again}") from again

    def put(self, vector: WaitingVector) -> None:
        values = tuple(getattr(vector, name) for name in _COLUMNS.split(", "))
        self._run(f"INSERT OR REPLACE INTO waiting ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)", values)

    def get(self, audio_id: str, model: str, model_id: str = "") -> WaitingVector | None:
        """Return the vector of this audio and model, or None. With `model_id`, only that version's vector counts."""
        sql = f"SELECT {_COLUMNS} FROM waiting WHERE audio_id = ? AND model = ? AND (? = '' OR model_id = ?)"
        rows = self._run(sql, (audio_id, model, model_id, model_id))
        return WaitingVector(*rows[0]) if rows else None

    def all(self) -> list[tuple[str, str, float]]:
        """Return audio id, model and duration (seconds) of every vector, oldest first."""
        return [(i, m, d) for i, m, d in self._run("SELECT audio_id, model, duration FROM waiting ORDER BY at", ())]

    def forget(self, audio_id: str, model: str) -> None:
        self._run("DELETE FROM waiting WHERE audio_id = ? AND model = ?", (audio_id, model))

    def expire(self, now: float) -> None:
        """Drop vectors that have waited too long; `now` in unix seconds."""
        self._run("DELETE FROM waiting WHERE at < ?", (now - KEEP_SECONDS,))

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _run(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._connection.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            raise StoreUnavailable(f"{self._path} cannot be used now: {error}", {"path": str(self._path)}) from error


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(_SCHEMA)
    return connection
