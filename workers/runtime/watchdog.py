"""Ends a worker in which no Python code runs any more: a call hangs in C and holds the interpreter's lock.

Then neither heartbeats nor the check for hanging calls run: the worker would stay alive but unreachable. A thread of
`faulthandler`, which does not need the lock, ends the process, and the supervisor restarts it.
"""

from __future__ import annotations

import faulthandler
import sys
import time
from typing import Final

#: Shortest time without Python code that counts as hanging, in seconds: busy machines pause.
SHORTEST_SECONDS: Final = 10.0
#: The alarm is reset at most this many times within its time: each reset starts a thread.
PARTS: Final = 5


class Watchdog:
    """Ends this process, with a traceback of every thread, if `feed` is not called for `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = max(seconds, SHORTEST_SECONDS)
        self._due = 0.0

    def feed(self) -> None:
        """Reset the alarm. Cheap, so call it in every turn."""
        now = time.monotonic()
        if now >= self._due and sys.__stderr__ is not None:
            self._due = now + self._seconds / PARTS
            faulthandler.dump_traceback_later(self._seconds, exit=True, file=sys.__stderr__)

    def end(self) -> None:
        """Cancel the alarm."""
        faulthandler.cancel_dump_traceback_later()
