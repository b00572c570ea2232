"""How long to wait for a part of the mesh that is unavailable."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from contract.errors import Busy, DeadlineExceeded, MeshError, ModelUnavailable, NoWorker, StoreUnavailable
from contract.jobs import Waiting

#: Seconds of the first and of the longest pause; each pause is twice the previous one.
PAUSE_SECONDS: Final = (0.25, 10.0)
#: Errors that say nothing about a track: a part of the mesh is unavailable, full or starting.
PASSING: Final = (NoWorker, Busy, DeadlineExceeded, StoreUnavailable, ModelUnavailable)


def passes(error: MeshError) -> bool:
    """Return whether the same call may succeed later."""
    return isinstance(error, PASSING)


@dataclass(frozen=True, slots=True)
class Wait:
    """What a job waits for: the reason, and the file, folder or address if there is one."""

    reason: str
    path: str | None = None

    @classmethod
    def of(cls, error: MeshError) -> Wait:
        """Make a wait from an error."""
        path = error.detail.get("path") if isinstance(error.detail, Mapping) else None
        return cls(error.message, None if path is None else str(path))

    @property
    def told(self) -> Waiting:
        return Waiting(reason=self.reason, path=self.path)


class Backoff:
    """Pauses that grow while a part fails and start over once it answers."""

    def __init__(self) -> None:
        self._pause = PAUSE_SECONDS[0]
        self._until = 0.0
        #: What it waits for, also between two tries; None if it does not wait.
        self.wait: Wait | None = None

    @property
    def waits(self) -> bool:
        return time.monotonic() < self._until

    def failed(self, error: MeshError) -> None:
        """Note that the part answered with `error`. Failures during a pause do not lengthen it."""
        self.wait = Wait.of(error)
        if not self.waits:
            self._until = time.monotonic() + self._pause
            self._pause = min(2 * self._pause, PAUSE_SECONDS[1])

    def succeeded(self) -> None:
        self._pause, self._until, self.wait = PAUSE_SECONDS[0], 0.0, None
