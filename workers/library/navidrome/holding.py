"""Holds Navidrome's database file open, and locks it the way SQLite's readers do, so that its side files stay.

A program that closes the database last deletes `-wal` and `-shm`, and needs SQLite's exclusive lock for that. While we
hold the shared one, none of them disappears and no writer of a rollback journal commits: what was seen stays true.
The lock belongs to the descriptor (an open file description lock), so it neither mixes with the locks that SQLite has
in this process nor falls with them.
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

#: SQLite's lock bytes: whoever wants to write asks for the first, readers share the range behind it.
PENDING_BYTE: Final = 0x40000000
SHARED_FIRST: Final = PENDING_BYTE + 2
SHARED_SIZE: Final = 510
#: Seconds between two tries to get a lock.
RETRY_SECONDS: Final = 0.02
#: What `fcntl` says of a lock that another has.
TAKEN: Final = frozenset({errno.EAGAIN, errno.EACCES})

Key = tuple[int, int]
_guard = threading.Lock()
#: By file (device, inode): how many reads are under way, and descriptors that nobody needs any more.
_readers: defaultdict[Key, int] = defaultdict(int)
_retired: defaultdict[Key, list[int]] = defaultdict(list)


class Held:
    """An open database file. `key` is its device and inode, `locked` whether its side files are sure to stay."""

    def __init__(self, fd: int, key: Key) -> None:
        self.fd = fd
        self.key = key
        self.locked = False

    def lock(self, seconds: float) -> bool:
        """Take the shared lock, waiting up to `seconds` for a writer that keeps readers out.

        False where the file system has no such locks. Raises `TimeoutError`.
        """
        until = time.monotonic() + seconds
        while True:
            try:
                _set(self.fd, fcntl.F_RDLCK, PENDING_BYTE, 1)  # else a writer who waits would wait for ever
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
        """Whether the file is still what `path` names. Raises `OSError`."""
        status = os.stat(path)  # noqa: PTH116  the names may hold bytes that are no text
        return (status.st_dev, status.st_ino) == self.key

    def unlock(self) -> None:
        if self.locked:
            self.locked = False
            _release(self.fd, SHARED_FIRST, SHARED_SIZE)


@contextmanager
def holding(path: str) -> Iterator[Held]:
    """The file at `path`. Raises `OSError`, also where it is no regular file.

    Closing any descriptor of a file drops all POSIX locks that this process has on it, SQLite's too: so descriptors
    are closed only when no read of ours is under way on that file.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    status = os.fstat(fd)
    key = (status.st_dev, status.st_ino)
    with _guard:
        _readers[key] += 1
    held = Held(fd, key)
    try:
        if not stat.S_ISREG(status.st_mode):
            raise FileNotFoundError(errno.ENOENT, "it is no file")
        yield held
    finally:
        held.unlock()
        _retire(held)


def _retire(held: Held) -> None:
    with _guard:
        _retired[held.key].append(held.fd)
        _readers[held.key] -= 1
        if not _readers[held.key]:
            del _readers[held.key]
            for fd in _retired.pop(held.key):
                os.close(fd)


def _set(fd: int, kind: int, start: int, length: int) -> None:
    fcntl.fcntl(fd, fcntl.F_OFD_SETLK, struct.pack("hhqqi", kind, os.SEEK_SET, start, length, 0))


def _release(fd: int, start: int, length: int) -> None:
    try:
        _set(fd, fcntl.F_UNLCK, start, length)
    except OSError:  # a file system without such locks: there is none to give back
        return
