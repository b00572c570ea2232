"""The connection to `state.db`: SQLite in WAL mode, one writer, a versioned schema."""

from __future__ import annotations

import fcntl
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from contract.errors import Conflict, StoreUnavailable
from workers.folder.opening import open_folder
from workers.library.state.schema import migrate

#: Size limit of the write-ahead log after a large transaction, in bytes.
MAX_LOG_BYTES: Final = 8 * 1024 * 1024


#: SQLite's codes for errors that may pass: no permission, busy, locked, out of memory, read-only, disk I/O error,
#: disk full, cannot open the file.
PASSING_CODES: Final = frozenset({3, 5, 6, 7, 8, 10, 13, 14})
FULL: Final = 13
#: Free bytes on a disk below which any passing error counts as a full disk.
LEAST_FREE_BYTES: Final = 1024 * 1024


class StateUnavailable(StoreUnavailable):
    """`state.db` cannot be read or written now; `detail` has its `path`. The transaction is rolled back."""


class StateDatabase:
    """Thread-safe access to `state.db` in `folder`, after bringing the folder up to date.

    Raises `Conflict` while another process has it open, and what `open_folder` raises.

    WAL with `synchronous = NORMAL`: a killed process loses no commits. A power cut may lose the last commits but never
    the file; their content can be recovered from the store.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = open_folder(folder)
        try:
            self.path = folder / "state.db"
            self._own(folder)
        except BaseException:
            self._folder.close()
            raise

    def _own(self, folder: Path) -> None:
        self._guard = (folder / "state.lock").open("a")
        try:
            fcntl.flock(self._guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._guard.close()
            raise Conflict(f"{self.path} is in use by another library worker; only one can run") from None
        self._lock = threading.RLock()
        try:
            with self._typed():
                self._connection = self._open()
        except BaseException:
            self._guard.close()  # the next try must find it free
            raise

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA journal_size_limit = {MAX_LOG_BYTES}")
            migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _typed(self) -> Iterator[None]:
        """Raise `StateUnavailable` for errors that may pass; others mean a defect or a broken file."""
        try:
            yield
        except sqlite3.OperationalError as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code not in PASSING_CODES:
                raise
            detail = {"path": str(self.path)}
            if code == FULL or shutil.disk_usage(self.path.parent).free < LEAST_FREE_BYTES:
                raise StateUnavailable(f"no room for {self.path}: the disk is full; free some space", detail) from error
            raise StateUnavailable(f"{self.path} cannot be used now: {error}", detail) from error

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Run one transaction, or join the one in progress. Raises `StateUnavailable`."""
        with self._lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            with self._typed():
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:  # SQLite ends some itself, such as when the disk is full
                        self._connection.execute("ROLLBACK")
                    raise

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        with self._lock, self._typed():
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Return the first row of a query, or None."""
        with self._lock, self._typed():
            columns: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
            return columns

    def close(self) -> None:
        with self._lock:
            self._connection.close()
            self._guard.close()
            self._folder.close()
