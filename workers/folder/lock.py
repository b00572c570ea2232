"""Who uses the data folder: many at once, or one alone that changes its format."""

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
#: The lock of the library worker on `state.db`, which releases before folders had a version take as well.
STATE_LOCK: Final = "state.lock"


class FolderLock:
    """flock(2) on a file of the folder: it ends with the process, however that ends."""

    def __init__(self, data: Path) -> None:
        """Raises `OSError`."""
        self._descriptor = os.open(data / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)

    def share(self) -> bool:
        """Use the folder beside others, unless somebody has it alone now."""
        return self._take(fcntl.LOCK_SH)

    def alone(self) -> bool:
        """Have the folder for oneself, unless somebody uses it now."""
        return self._take(fcntl.LOCK_EX)

    def _take(self, kind: int) -> bool:
        """In the place of what it holds. Raises `OSError` where the file system has no locks."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        try:
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Let others have it. May be called more than once."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@contextmanager
def no_library_worker(data: Path) -> Iterator[None]:
    """Keeps `state.db` closed to library workers of any release. Raises `Conflict` while one runs, `OSError`."""
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
