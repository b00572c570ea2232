"""The files beside a SQLite database: its write-ahead log, the index of that log, a rollback journal."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

WAL: Final = "-wal"
SHM: Final = "-shm"
JOURNAL: Final = "-journal"

#: Inode, size, and the times of the last change of content and of metadata (nanoseconds).
Stamp = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class FileStates:
    """The database and the files beside it at one moment (None: absent). Two looks are equal if nobody wrote."""

    database: Stamp | None
    wal: Stamp | None
    journal: Stamp | None
    has_shm: bool

    @property
    def logged(self) -> bool:
        """Whether the write-ahead log has content, or a process that may write to it."""
        return self.wal is not None and (self.wal[1] > 0 or self.has_shm)

    @property
    def fingerprint(self) -> tuple[Stamp, ...]:
        """The stamps of database, log and journal, if present."""
        return tuple(stamp for stamp in (self.database, self.wal, self.journal) if stamp is not None)


def look(path: str) -> FileStates:
    """Inspect the files of the database whose real path is `path`. Raises `OSError` if that fails for one."""
    return FileStates(_stamp(path), _stamp(path + WAL), _stamp(path + JOURNAL), has_shm=_stamp(path + SHM) is not None)


def real_path(path: str | os.PathLike[str]) -> str:
    """Resolve links: SQLite keeps its side files beside the file itself, not beside a link. Raises `OSError`."""
    try:
        return os.path.realpath(path, strict=True)
    except ValueError as error:
        raise OSError(str(error)) from None


def _stamp(path: str) -> Stamp | None:
    try:
        status = os.stat(path)  # noqa: PTH116  names may hold undecodable bytes
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
