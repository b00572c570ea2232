"""Which thread serves the worker's sockets: the compute thread while it waits for work, else the I/O thread.

A request that finds the worker idle is received, handled and answered by one thread: handing it to another thread and
back costs more than a short call. Once a batch lasts longer than `PATIENCE_S`, the I/O thread takes over, so that the
worker sends heartbeats, answers `worker.stats` and takes requests however long a batch lasts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from typing import Final

#: Seconds of a batch after which the I/O thread serves the sockets.
PATIENCE_S: Final = 0.02

#: Serves the sockets once, waiting at most the given seconds. Returns the exit code once the worker ends.
Turn = Callable[[float], int | None]


class Watch:
    """Passes the sockets between the two threads. `wake` ends a turn that waits."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        #: Held by the thread that serves the sockets.
        self._sockets = threading.Lock()
        #: The compute thread waits for the sockets.
        self._wanted = False
        #: Batches begun so far: how often the compute thread has left the sockets.
        self._batches = 0
        #: The I/O thread waits for the next batch, however long that takes.
        self._resting = False
        self._alarm = threading.Event()
        self._over = False

    @property
    def over(self) -> bool:
        """Whether the I/O thread keeps the sockets for good."""
        return self._over

    def end(self) -> None:
        """Leave the sockets to the I/O thread for good: the worker ends. Callable from any thread."""
        self._over = True
        self._alarm.set()

    # -- compute thread

    @contextmanager
    def held(self) -> Iterator[None]:
        """Serve the sockets inside the context; the I/O thread steps aside first if it serves them."""
        if not self._sockets.acquire(blocking=False):
            self._wanted = True
            self._wake()
            self._sockets.acquire()
            self._wanted = False
        try:
            yield
        finally:
            self._batches += 1
            self._sockets.release()
            if self._resting:
                self._alarm.set()

    @property
    def taken(self) -> bool:
        """Whether a thread serves the sockets now."""
        return self._sockets.locked()

    # -- I/O thread

    def serve(self, turn: Turn) -> int:
        """Serve the sockets whenever the compute thread does not. Returns the exit code."""
        while True:
            with self._sockets:
                code = self._take_turns(turn)
            if code is not None:
                return code
            self._stand_aside()

    def _take_turns(self, turn: Turn) -> int | None:
        """Serve the sockets until the compute thread wants them (None) or the worker ends."""
        ends = True
        try:
            while not self._wanted or self._over:
                code = turn(inf)
                if code is not None:
                    return code
            ends = False
            return None
        finally:  # while the sockets are still held: the compute thread must find this, not closed sockets
            self._over = self._over or ends

    def _stand_aside(self) -> None:
        """Return once one batch has lasted for `PATIENCE_S`."""
        seen = -1
        while not self._over:
            batches, idle = self._batches, self._sockets.locked()
            if batches == seen:
                if not idle and not self._wanted:
                    return
                self._rest(batches)
            seen = self._batches
            if self._alarm.wait(PATIENCE_S) and not self._over:
                self._alarm.clear()

    def _rest(self, batches: int) -> None:
        """Wait for the next batch without looking: an idle worker should not wake up."""
        self._resting = True
        if self._batches == batches and not self._over:
            self._alarm.wait()
        self._resting = False
        if not self._over:
            self._alarm.clear()
