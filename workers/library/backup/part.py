"""Where an unfinished backup lives: a hidden folder beside the target, locked while its process lives."""

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
    """Make a hidden folder for scratch files and open the file `ARCHIVE` in it for writing; both only for the owner.

    First removes what killed backups have left in `folder`. Raises `OSError`.

    The lock on the archive tells a living process from a dead one, even if process ids are reused or several hosts
    write to the share. On a file system without locks nothing is ever removed.
    """
    clear(folder)
    part, file = _begin(folder)
    try:
        with file:
            yield part, file
    finally:
        shutil.rmtree(part, ignore_errors=True)


def clear(folder: Path) -> None:
    """Remove the parts whose process is dead."""
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
    """Lock the file; return whether it is ours: before the lock, another backup may take the folder for an orphan."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # no locks here, so nobody removes parts either
        return True
    return os.fstat(file.fileno()).st_nlink > 0


def _open(part: Path) -> BinaryIO:
    return os.fdopen(os.open(part / ARCHIVE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b")
