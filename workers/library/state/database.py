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

#: Bytes that the write-ahead log keeps after a large transaction.
MAX_LOG_BYTES = 8 * 1024 * 1024


#: SQLite's codes for what the machine refuses now and may allow later: no permission, busy, locked, no memory,
#: read-only, an error of the disk, no room, no such file.
PASSING_CODES: Final = frozenset({3, 5, 6, 7, 8, 10, 13, 14})
FULL: Final = 13
#: Bytes free on a disk below which any error of writing is one of room.
ROOM_BYTES: Final = 1024 * 1024


class StateUnavailable(StoreUnavailable):
    """`state.db` cannot be read or written now; `detail` has its `path`. Nothing of the transaction was kept."""


class State:
    """Thread-safe access to `state.db` in `folder`. The folder is brought up to date first.

    Raises `Conflict` while another process has it open, and what `open_folder` raises.

    WAL with `synchronous = NORMAL`: a killed process loses nothing that was committed; a power cut may lose the last
    commits, never the file, and what they said is found again in the store.
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
            raise Conflict(f"{self.path} belongs to another library worker that runs; there can be one") from None
        self._lock = threading.RLock()
        try:
            with self._typed():
                self._connection = self._open()
        except BaseException:
            self._guard.close()  # whoever tries again must find it free
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
        """Raises `StateUnavailable` for what passes; other errors are defects, or a broken file."""
        try:
            yield
        except sqlite3.OperationalError as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code not in PASSING_CODES:
                raise
            detail = {"path": str(self.path)}
            if code == FULL or shutil.disk_usage(self.path.parent).free < ROOM_BYTES:
                raise StateUnavailable(f"no room for {self.path}: the disk is full; make room", detail) from error
            raise StateUnavailable(f"{self.path} cannot be used now: {error}", detail) from error

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing. Within another one it is part of that. Raises `StateUnavailable`."""
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
                    if self._connection.in_transaction:  # SQLite ends some by itself, where the disk is full
                        self._connection.execute("ROLLBACK")
                    raise

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._lock, self._typed():
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query, if it has one."""
        with self._lock, self._typed():
            found: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
            return found

    def close(self) -> None:
        with self._lock:
            self._connection.close()
            self._guard.close()
            self._folder.close()
