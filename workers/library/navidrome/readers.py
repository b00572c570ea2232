"""Reads Navidrome's database in separate threads, because the file may be locked or its disk may hang."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

from contract.errors import DeadlineExceeded, NavidromeUnavailable
from workers.runtime.service import Call

#: Reads at once.
THREADS: Final = 4
#: Reads that may be held while the database is stuck: fewer than the calls that the worker may hold, so that calls
#: which do not need the database always find room.
MOST_STUCK: Final = 8
#: Seconds after which a read counts as stuck.
STUCK_SECONDS: Final = 1.0

T = TypeVar("T")


class Readers:
    """A small thread pool; each call is answered as soon as its read ends."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="navidrome")
        self._lock = threading.Lock()
        self._waiting = 0
        self._began: dict[object, float] = {}

    def submit(self, call: Call, read: Callable[[], T]) -> Future[T]:
        """Let `read` answer the call. Raises `NavidromeUnavailable` if earlier reads are stuck."""
        with self._lock:
            if self._waiting + len(self._began) >= MOST_STUCK and self._stuck():
                raise NavidromeUnavailable(
                    "Navidrome's database does not answer (it is locked, or its disk hangs), and other "
                    "requests are already waiting for it; try again"
                )
            self._waiting += 1
        return self._pool.submit(self._run, call, read)

    def close(self) -> None:
        """Start no more reads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _stuck(self) -> bool:
        oldest = min(self._began.values(), default=float("inf"))
        return time.monotonic() - oldest > STUCK_SECONDS

    def _run(self, call: Call, read: Callable[[], T]) -> T:
        key = object()
        with self._lock:
            self._waiting -= 1
            self._began[key] = time.monotonic()
        try:
            if time.time() >= call.deadline:
                raise DeadlineExceeded(f"{call.op} waited for Navidrome's database until its deadline had passed")
            return read()
        finally:
            with self._lock:
                del self._began[key]
