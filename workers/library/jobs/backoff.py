"""How long to wait for a part of the mesh that is away."""

from __future__ import annotations

import time
from typing import Final

from broker.errors import MeshError

#: Seconds of the first and of the longest pause; each is twice the one before.
PAUSES: Final = (0.25, 10.0)
#: What says nothing about a track: a part of the mesh is away, full, or starting.
PASSING_CODES: Final = frozenset({"no_worker", "busy", "deadline_exceeded", "store_unavailable", "model_unavailable"})


def passes(error: MeshError) -> bool:
    """Whether the same call may well succeed later."""
    return error.code in PASSING_CODES


class Backoff:
    """Pauses that grow while a part fails and start over once it answered."""

    def __init__(self) -> None:
        self._pause = PAUSES[0]
        self._until = 0.0
        #: Why it waits, for people; empty while it does not.
        self.reason = ""

    @property
    def waits(self) -> bool:
        return time.monotonic() < self._until

    def failed(self, error: MeshError) -> None:
        """The part answered with `error`. Failures during a pause do not lengthen it."""
        self.reason = error.message
        if not self.waits:
            self._until = time.monotonic() + self._pause
            self._pause = min(2 * self._pause, PAUSES[1])

    def succeeded(self) -> None:
        self._pause, self._until, self.reason = PAUSES[0], 0.0, ""
