"""Where a backup is made before it gets its name: a hidden folder beside it, locked as long as its maker lives."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

PREFIX: Final = ".sonicmesh-backup-"
SUFFIX: Final = ".part"
ARCHIVE: Final = "archive"


@contextmanager
def part_in(folder: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new hidden folder for scratch files, and the file `ARCHIVE` in it, open for writing; only its owner may read
    both. What backups that were killed have left in `folder` is cleared before. Raises `OSError`.

    The lock on the archive tells a living maker from a dead one, also where process ids were used again and on shares
    that several hosts write to. Where a file system has no locks nothing is ever cleared.
    """
    clear(folder)
    part, file = _begin(folder)
    try:
        with file:
            yield part, file
    finally:
        shutil.rmtree(part, ignore_errors=True)


def clear(folder: Path) -> None:
    """Remove the parts whose maker is dead."""
    for part in folder.glob(f"{PREFIX}*{SUFFIX}"):
        with suppress(OSError), _open(part) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(part)


def _begin(folder: Path) -> tuple[Path, BinaryIO]:
    while True:
        part = Path(tempfile.mkdtemp(prefix=PREFIX, suffix=SUFFIX, dir=folder))
        try:
            file = _open(part)
        except FileNotFoundError:
            continue
        if _owned(file):
            return part, file
        file.close()


def _owned(file: BinaryIO) -> bool:
    """Whether it is ours now: in the moment before the lock another backup may take the folder for a dead one's."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # no locks here: then nobody clears either
        return True
    return os.fstat(file.fileno()).st_nlink > 0


def _open(part: Path) -> BinaryIO:
    return os.fdopen(os.open(part / ARCHIVE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b")
