"""The lock on the data folder: shared by its users, exclusive for an upgrade of its format."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from contract.errors import Conflict
from contract.private import FILE_MODE

NAME: Final = "version.lock"
#: The library worker's lock on `state.db`; releases from before folders had versions take it, too.
STATE_LOCK: Final = "state.lock"


class FolderLock:
    """An flock(2) on a file in the folder: the kernel releases it when the process ends, however it ends."""

    def __init__(self, data: Path) -> None:
        """Raises `OSError`."""
        self._descriptor = os.open(data / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)

    def share(self) -> bool:
        """Try to lock the folder for shared use. Returns False if a process holds it alone."""
        return self._take(fcntl.LOCK_SH)

    def alone(self) -> bool:
        """Try to lock the folder for this process alone. Returns False if another process uses it."""
        return self._take(fcntl.LOCK_EX)

    def _take(self, kind: int) -> bool:
        """Replace the lock held so far. Raises `OSError` if the file system does not support locks."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        try:
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Release the lock. May be called more than once."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@contextmanager
def no_library_worker(data: Path) -> Iterator[None]:
    """Keep library workers of any release out of `state.db`. Raises `OSError`, and `Conflict` while one runs."""
    descriptor = os.open(data / STATE_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Conflict(
            f"a library worker of an older release uses {data}: stop that mesh (`sonicmesh stop`), then start this one"
        ) from None
    finally:
        os.close(descriptor)
