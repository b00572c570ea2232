"""Opens Navidrome's database for one read, without leaving anything beside it and without writing to what is there.

How depends on what lies beside it; while the shared lock of `holding` is ours, that cannot be taken away:

- no write-ahead log: `immutable=1`, which opens nothing else. A writer would begin by making a log, and cannot delete
  it before we let go, so the look afterwards tells whether the read counts.
- a log and its index: `mode=ro&readonly_shm=1`, so SQLite shares Navidrome's index and writes to neither. With a log
  that a killed Navidrome left it keeps an index of its own in memory.
- a log whose index is gone or not ours to read, or a journal that has to be rolled back: a private copy.
- a database that never had a log: `mode=ro`; SQLite's own locks do the rest.
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
from workers.library.navidrome.holding import Held, holding
from workers.library.navidrome.side_files import SHM, Look, look, real_path

#: Seconds to wait for a lock that Navidrome holds.
BUSY_SECONDS: Final = 5.0
#: Where the header of a database says whether it has a write-ahead log, and what it says then.
VERSIONS: Final = slice(18, 20)
LOGGED: Final = 2
HEADER_BYTES: Final = 100
REPLACED: Final = "Navidrome's database was replaced while it was opened; trying again"
CHANGED: Final = "Navidrome's database was written while it was read; trying again"
#: What SQLite says where it may not write and would have to.
NOT_WRITABLE: Final = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN})


class Changed(NavidromeUnavailable):
    """Somebody wrote while the database was read: what was read does not count, and can be read again at once."""


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection in one transaction.

    Raises `OSError`, `TimeoutError` where it is locked, `sqlite3.Error`, `NavidromeUnavailable`, `Changed`.
    """
    real = real_path(path)
    with holding(real) as held:
        held.lock(BUSY_SECONDS)
        seen = look(real)
        if seen.database is None or not held.is_at(real):
            raise Changed(REPLACED)
        if seen.database[1] == 0:  # SQLite would delete a log or journal beside it
            raise NavidromeUnavailable(f"{path} is not (yet) a database of Navidrome: it is empty")
        with _opened(real, held, seen) as connection:
            yield connection


@contextmanager
def _opened(real: str, held: Held, seen: Look) -> Iterator[sqlite3.Connection]:
    has_log = LOGGED in os.pread(held.fd, HEADER_BYTES, 0)[VERSIONS]
    if not seen.logged and has_log:
        with _unchanged(real, seen), closing(_begin(_uri(real, "immutable=1"))) as connection:
            yield connection
        return
    connection = _in_place(real, held, seen) or _of_copy(real, held, seen)
    with closing(connection):
        if not held.is_at(real):
            raise Changed(REPLACED)
        held.unlock()  # SQLite has its own lock now, or files of its own
        yield connection


def _of_copy(real: str, held: Held, seen: Look) -> sqlite3.Connection:
    """A connection to a copy whose files have no name any more: nothing is left of it, however this process ends."""
    with copied(real, held, seen) as copy:
        return _begin(_uri(copy, "mode=rw"))


def _in_place(real: str, held: Held, seen: Look) -> sqlite3.Connection | None:
    """A connection to the database beside its log or journal; None where only a copy can be read."""
    index = real + SHM
    if seen.logged and not (held.locked and seen.has_shm and os.access(index, os.R_OK)):
        return None
    tries = ["mode=ro&readonly_shm=1"]
    if seen.logged and os.access(index, os.W_OK):
        tries.append("mode=ro")  # nobody has marked in the index what is read now: we may
    for options in tries:
        try:
            return _begin(_uri(real, options))
        except sqlite3.OperationalError as error:
            if primary_code(error) not in NOT_WRITABLE:
                raise
    return None


@contextmanager
def _unchanged(real: str, seen: Look) -> Iterator[None]:
    """Raises `Changed` where somebody wrote meanwhile, whatever else went wrong because of it."""
    try:
        yield
    except Exception as error:
        if look(real) != seen:
            raise Changed(CHANGED) from error
        raise
    if look(real) != seen:
        raise Changed(CHANGED)


def _begin(uri: str) -> sqlite3.Connection:
    """A connection whose transaction has begun: its locks are taken, its files open."""
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
    """SQLite's code of an error without its details."""
    return int(getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def _uri(path: str, options: str) -> str:
    return f"{Path(path).as_uri()}?{options}"
