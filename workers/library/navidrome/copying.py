"""Makes a private copy of a database that cannot be read in place."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from contract.errors import NavidromeUnavailable
from workers.library.navidrome.database_file import OpenDatabaseFile
from workers.library.navidrome.side_files import JOURNAL, WAL, FileStates, look

#: Seconds after which a second change to a file is certain to get a different timestamp.
CLOCK_SECONDS: Final = 2.0
#: How often to try copying while another process writes, and seconds between tries.
TRIES: Final = 4
PAUSE_SECONDS: Final = 0.5
#: Bytes to copy at once.
CHUNK: Final = 1 << 26


@contextmanager
def copied(real: str, opened_file: OpenDatabaseFile, seen: FileStates) -> Iterator[str]:
    """Yield the path of a consistent copy, with its log or journal; delete the copy at the end.

    Only this user can read it. Raises `OSError` (such as a full temporary folder), and `NavidromeUnavailable` if
    another process keeps writing to the database.
    """
    with tempfile.TemporaryDirectory(prefix="sonicmesh-navidrome-", ignore_cleanup_errors=True) as folder:
        target = str(Path(folder) / "navidrome.db")
        for _ in range(TRIES):
            _let_settle(seen)
            _copy(real, opened_file, seen, target)
            after = look(real)
            if after == seen:
                break
            seen = after
            time.sleep(PAUSE_SECONDS)
        else:
            raise NavidromeUnavailable(
                f"{real} is being written continuously and its -shm file cannot be read, so it can only "
                "be copied while idle: run the mesh as Navidrome's user; trying again"
            )
        yield target


def _let_settle(seen: FileStates) -> None:
    """Wait until any further change is certain to get a different timestamp."""
    newest = max(stamp[2] for stamp in seen.fingerprint) / 1e9
    if abs(time.time() - newest) < CLOCK_SECONDS:
        time.sleep(CLOCK_SECONDS)


def _copy(real: str, opened_file: OpenDatabaseFile, seen: FileStates, target: str) -> None:
    _write(opened_file.fd, target)
    for suffix, stamp in ((WAL, seen.wal), (JOURNAL, seen.journal)):
        Path(target + suffix).unlink(missing_ok=True)
        if stamp is None:
            continue
        try:
            source = os.open(real + suffix, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:  # the look after the copy notices
            continue
        try:
            _write(source, target + suffix)
        finally:
            os.close(source)


def _write(source: int, target: str) -> None:
    """Copy from the beginning, whatever position other readers of the same descriptor have set."""
    fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        place = 0
        while sent := os.sendfile(fd, source, place, CHUNK):
            place += sent
    finally:
        os.close(fd)
