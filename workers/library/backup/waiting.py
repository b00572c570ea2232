"""Copies of `uploads.db`: vectors of uploads that Navidrome's next scan will show as tracks."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from contract.errors import Conflict
from workers.folder.copying import copy
from workers.library.backup import state
from workers.library.backup.manifest import BadBackup


def snapshot(uploads: Path, target: Path) -> int:
    """Copy `uploads` as of one moment to the new file `target`; return how many vectors wait. Raises `Conflict`."""
    try:
        copy(uploads, target)
        return _count(target)
    except sqlite3.DatabaseError as error:
        raise Conflict(
            f"{uploads} cannot be copied: {error}; if you remove it, the uploads waiting in it are embedded again"
        ) from error


def check(path: Path, count: int) -> None:
    """Raise `BadBackup` unless the file is intact and `count` vectors wait in it."""
    try:
        state.check_integrity(path)
        counted = _count(path)
    except sqlite3.DatabaseError as error:
        raise BadBackup(f"its {path.name} cannot be read: {error}") from error
    if counted != count:
        raise BadBackup(f"its {path.name} has {counted} vectors, its manifest says {count}")


def _count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM waiting").fetchone()[0])
