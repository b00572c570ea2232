"""Copies of SQLite databases that may be in use."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from contract.private import FILE_MODE
from workers.folder.version_file import sync_folder

#: Seconds to wait for a lock on the database.
BUSY_SECONDS: Final = 30.0
#: SQLite's codes for a lock held by another program.
LOCKED: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
STATE: Final = "state.db"


def copy(database: Path, target: Path) -> None:
    """Copy a database that may be in use, consistently, into one file. Raises `sqlite3.DatabaseError`."""
    deadline = time.monotonic() + BUSY_SECONDS

    def look(status: int, _remaining: int, _total: int) -> None:
        """Stop at the deadline: SQLite would wait for a lock forever."""
        if status in LOCKED and time.monotonic() > deadline:
            raise sqlite3.OperationalError(f"another program has kept it locked for {BUSY_SECONDS:.0f} s")

    target.unlink(missing_ok=True)
    source = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
    with closing(source), closing(sqlite3.connect(target)) as copied:
        source.backup(copied, progress=look)
        copied.execute("PRAGMA journal_mode = DELETE")  # one file, without a separate log


def kept_name(version: int) -> str:
    """Returns the name of the copy of `state.db` from a folder of that version."""
    return f"state-v{version}.db"


def keep_state(data: Path, version: int) -> None:
    """Keep a copy of `state.db` beside it under `kept_name`, complete and on disk on return; without one, do nothing.

    Replaces a copy from an earlier upgrade of the same version. Raises `OSError`, `sqlite3.Error`.
    """
    if not (data / STATE).exists():
        return
    kept = data / kept_name(version)
    part = kept.with_name(f"{kept.name}.part")
    try:
        copy(data / STATE, part)
        with part.open("rb+") as file:
            os.fchmod(file.fileno(), FILE_MODE)
            os.fsync(file.fileno())
        part.replace(kept)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(data)
