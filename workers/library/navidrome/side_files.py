"""What lies beside a SQLite database: its write-ahead log, the index of that, a rollback journal."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

WAL: Final = "-wal"
SHM: Final = "-shm"
JOURNAL: Final = "-journal"

#: Inode, size, nanoseconds of the last change of the content and of the file's entry.
Stamp = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Look:
    """The database and the files beside it at one moment; None: not there. Equal while nobody wrote."""

    database: Stamp | None
    wal: Stamp | None
    journal: Stamp | None
    has_shm: bool

    @property
    def logged(self) -> bool:
        """Whether the write-ahead log has something in it, or somebody who may put it there."""
        return self.wal is not None and (self.wal[1] > 0 or self.has_shm)

    @property
    def fingerprint(self) -> tuple[Stamp, ...]:
        """Of what there is of database, log and journal."""
        return tuple(stamp for stamp in (self.database, self.wal, self.journal) if stamp is not None)


def look(path: str) -> Look:
    """The files of the database whose real path is `path`. Raises `OSError` where one cannot be looked at."""
    return Look(_stamp(path), _stamp(path + WAL), _stamp(path + JOURNAL), has_shm=_stamp(path + SHM) is not None)


def real_path(path: str | os.PathLike[str]) -> str:
    """Where the file itself lies: SQLite keeps its side files there, not beside a link. Raises `OSError`."""
    try:
        return os.path.realpath(path, strict=True)
    except ValueError as error:
        raise OSError(str(error)) from None


def _stamp(path: str) -> Stamp | None:
    try:
        status = os.stat(path)  # noqa: PTH116  the names may hold bytes that are no text
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
