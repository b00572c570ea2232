"""Holds Navidrome's database file open and locks it as SQLite's readers do, so that its side files stay.

The last program to close the database deletes `-wal` and `-shm`, which takes SQLite's exclusive lock. While we hold
the shared lock, neither file disappears and no writer with a rollback journal commits: what we saw stays true.
The lock belongs to the descriptor (an open file description lock), so it neither conflicts with SQLite's locks in this
process nor is released with them.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: SQLite's lock bytes: a writer claims the first, readers share the range after it.
PENDING_BYTE: Final = 0x40000000
SHARED_FIRST: Final = PENDING_BYTE + 2
SHARED_SIZE: Final = 510
#: Seconds between tries to get a lock.
RETRY_SECONDS: Final = 0.02
#: Errors of `fcntl` if another process holds the lock.
TAKEN: Final = frozenset({errno.EAGAIN, errno.EACCES})

Key = tuple[int, int]
_guard = threading.Lock()
#: By file (device, inode): the number of reads in progress, and descriptors that are no longer needed.
_readers: defaultdict[Key, int] = defaultdict(int)
_retired: defaultdict[Key, list[int]] = defaultdict(list)


class OpenDatabaseFile:
    """An open database file. `key` is its device and inode, `locked`: its side files are certain to stay."""

    def __init__(self, fd: int, key: Key) -> None:
        self.fd = fd
        self.key = key
        self.locked = False

    def lock(self, seconds: float) -> bool:
        """Take the shared lock, waiting up to `seconds` for a writer that keeps readers out.

        Returns False if the file system has no such locks. Raises `TimeoutError` if the writer takes longer.
        """
        until = time.monotonic() + seconds
        while True:
            try:
                _set(self.fd, fcntl.F_RDLCK, PENDING_BYTE, 1)  # otherwise a waiting writer would never get its turn
                _set(self.fd, fcntl.F_RDLCK, SHARED_FIRST, SHARED_SIZE)
            except OSError as error:
                if error.errno not in TAKEN:
                    return False
                if time.monotonic() >= until:
                    raise TimeoutError from None
                time.sleep(RETRY_SECONDS)
            else:
                self.locked = True
                return True
            finally:
                _release(self.fd, PENDING_BYTE, 1)

    def is_at(self, path: str) -> bool:
        """Return whether `path` still names this file. Raises `OSError`."""
        status = os.stat(path)  # noqa: PTH116  names may hold undecodable bytes
        return (status.st_dev, status.st_ino) == self.key

    def unlock(self) -> None:
        if self.locked:
            self.locked = False
            _release(self.fd, SHARED_FIRST, SHARED_SIZE)


@contextmanager
def holding(path: str) -> Iterator[OpenDatabaseFile]:
    """Hold the file at `path` open. Raises `OSError`, including if it is not a regular file.

    Closing any descriptor of a file drops all POSIX locks that this process has on it, including SQLite's, so we close
    descriptors only when no read of that file is in progress here.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    status = os.fstat(fd)
    key = (status.st_dev, status.st_ino)
    with _guard:
        _readers[key] += 1
    opened_file = OpenDatabaseFile(fd, key)
    try:
        if not stat.S_ISREG(status.st_mode):
            raise FileNotFoundError(errno.ENOENT, "it is not a file")
        yield opened_file
    finally:
        opened_file.unlock()
        _retire(opened_file)


def _retire(opened_file: OpenDatabaseFile) -> None:
    with _guard:
        _retired[opened_file.key].append(opened_file.fd)
        _readers[opened_file.key] -= 1
        if not _readers[opened_file.key]:
            del _readers[opened_file.key]
            for fd in _retired.pop(opened_file.key):
                os.close(fd)


def _set(fd: int, kind: int, start: int, length: int) -> None:
    fcntl.fcntl(fd, fcntl.F_OFD_SETLK, struct.pack("hhqqi", kind, os.SEEK_SET, start, length, 0))


def _release(fd: int, start: int, length: int) -> None:
    try:
        _set(fd, fcntl.F_UNLCK, start, length)
    except OSError:  # the file system has no such locks, so there is nothing to release
        return
