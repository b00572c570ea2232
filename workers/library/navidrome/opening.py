"""Opens Navidrome's database for one read; leaves nothing beside it and writes to no file that is there.

The method depends on the files beside it, which cannot disappear while we hold the shared lock of `holding`:

- No write-ahead log: `immutable=1`, which opens no other file. A writer would first create a log and could not delete
  it while we hold the lock, so a look at the files after the read shows whether the read is valid.
- A log and its index: `mode=ro&readonly_shm=1`; SQLite shares Navidrome's index and writes to neither file. If a
  killed Navidrome left the log, SQLite keeps its own index in memory.
- A log whose index is missing or unreadable, or a journal that must be rolled back: a private copy.
- A database that never had a log: `mode=ro`; SQLite's own locks are enough.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from contract.errors import NavidromeUnavailable
from workers.library.navidrome.copying import copied
from workers.library.navidrome.database_file import OpenDatabaseFile, holding
from workers.library.navidrome.side_files import SHM, FileStates, look, real_path

#: Seconds to wait for a lock that Navidrome holds.
BUSY_SECONDS: Final = 5.0
#: The bytes of the header that say whether the database uses a write-ahead log, and their value if it does.
VERSIONS: Final = slice(18, 20)
LOGGED: Final = 2
HEADER_BYTES: Final = 100
REPLACED: Final = "Navidrome's database was replaced while it was opened; trying again"
CHANGED: Final = "Navidrome's database was written while it was read; trying again"
#: SQLite's codes if it would have to write but may not.
NOT_WRITABLE: Final = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN})


class DatabaseChanged(NavidromeUnavailable):
    """The database changed during the read: discard the result and read again at once."""


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection in one transaction.

    Raises `OSError`, `TimeoutError` if the database is locked, `sqlite3.Error`, `NavidromeUnavailable`, or
    `DatabaseChanged`.
    """
    real = real_path(path)
    with holding(real) as opened_file:
        opened_file.lock(BUSY_SECONDS)
        seen = look(real)
        if seen.database is None or not opened_file.is_at(real):
            raise DatabaseChanged(REPLACED)
        if seen.database[1] == 0:  # SQLite would delete a log or journal beside an empty file
            raise NavidromeUnavailable(f"{path} is not (yet) a database of Navidrome: it is empty")
        with _opened(real, opened_file, seen) as connection:
            yield connection


@contextmanager
def _opened(real: str, opened_file: OpenDatabaseFile, seen: FileStates) -> Iterator[sqlite3.Connection]:
    has_log = LOGGED in os.pread(opened_file.fd, HEADER_BYTES, 0)[VERSIONS]
    if not seen.logged and has_log:
        with _unchanged(real, seen), closing(_begin(_uri(real, "immutable=1"))) as connection:
            yield connection
        return
    connection = _in_place(real, opened_file, seen) or _of_copy(real, opened_file, seen)
    with closing(connection):
        if not opened_file.is_at(real):
            raise DatabaseChanged(REPLACED)
        opened_file.unlock()  # SQLite now has its own lock or a private copy
        yield connection


def _of_copy(real: str, opened_file: OpenDatabaseFile, seen: FileStates) -> sqlite3.Connection:
    """Connect to a copy whose files are already unlinked, so that nothing remains however this process ends."""
    with copied(real, opened_file, seen) as copy:
        return _begin(_uri(copy, "mode=rw"))


def _in_place(real: str, opened_file: OpenDatabaseFile, seen: FileStates) -> sqlite3.Connection | None:
    """Connect to the database where it is, with its log or journal. Returns None if only a copy can be read."""
    index = real + SHM
    if seen.logged and not (opened_file.locked and seen.has_shm and os.access(index, os.R_OK)):
        return None
    tries = ["mode=ro&readonly_shm=1"]
    if seen.logged and os.access(index, os.W_OK):
        tries.append("mode=ro")  # no reader has marked this state in the index yet: we may
    for options in tries:
        try:
            return _begin(_uri(real, options))
        except sqlite3.OperationalError as error:
            if primary_code(error) not in NOT_WRITABLE:
                raise
    return None


@contextmanager
def _unchanged(real: str, seen: FileStates) -> Iterator[None]:
    """Raise `DatabaseChanged` if the database changed meanwhile, even if that caused another error."""
    try:
        yield
    except Exception as error:
        if look(real) != seen:
            raise DatabaseChanged(CHANGED) from error
        raise
    if look(real) != seen:
        raise DatabaseChanged(CHANGED)


def _begin(uri: str) -> sqlite3.Connection:
    """Connect and begin the transaction: its locks are taken and its files are open."""
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("BEGIN")
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def primary_code(error: sqlite3.Error) -> int:
    """Return the primary SQLite code of an error."""
    return int(getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def _uri(path: str, options: str) -> str:
    return f"{Path(path).as_uri()}?{options}"
