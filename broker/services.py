"""Services and their workers: which has room, and which gets the next request."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from broker.lanes import LaneQueue
from broker.request import OpenRequest
from contract.operation import INTERACTIVE

NEVER: Final = float("-inf")
#: Longest name of a service or worker, in bytes.
MAX_NAME_BYTES: Final = 255


def decode_name(frame: bytes) -> str | None:
    """Returns a service's name, or None if the frame does not hold one."""
    if not 0 < len(frame) <= MAX_NAME_BYTES:
        return None
    try:
        name = frame.decode()
    except UnicodeDecodeError:
        return None
    return name if name.isprintable() else None


@dataclass(slots=True, eq=False)
class RegisteredWorker:
    """One registered worker. `seen` is in monotonic seconds, `since` in unix seconds."""

    address: bytes
    service: ServiceQueue
    name: str
    since: float
    seen: float
    credit: int = 1
    #: Interactive requests that it takes beyond its credit while it holds less urgent ones.
    urgent: int = 0
    #: It sent a READY map and speaks our extensions.
    ours: bool = False
    delimiter: bool = False
    descriptor: int = -1
    info: dict[str, Any] = field(default_factory=dict)
    #: Fields of its READY map that were dropped because they make no sense.
    nonsense: tuple[str, ...] = ()
    #: Requests that it holds, by token, oldest first; a closed request takes room until the worker answers it.
    holds: dict[bytes, OpenRequest] = field(default_factory=dict)
    #: The turn of its last request: among equally loaded workers, the lowest goes first.
    turn: int = 0

    @property
    def label(self) -> str:
        """The worker's name, process and host, for messages."""
        where = ", ".join(f"{key} {self.info[key]}" for key in ("pid", "host") if key in self.info)
        return f"{self.name} ({where})" if where else self.name

    @property
    def host(self) -> str:
        """The worker's host; empty if its READY map names none."""
        return str(self.info.get("host", ""))

    @property
    def pid(self) -> int:
        """The worker's process id; 0 if its READY map names none."""
        return int(self.info.get("pid", 0))


@dataclass(slots=True, eq=False)
class ServiceQueue:
    """A service by name. `seen` is the monotonic time when it last had a worker."""

    name: str
    configured: bool = False
    seen: float = NEVER
    workers: list[RegisteredWorker] = field(default_factory=list)
    queue: LaneQueue = field(default_factory=LaneQueue)
    #: Requests that one more death would poison: each is tried on a worker without other work.
    suspects: deque[OpenRequest] = field(default_factory=deque)
    #: The worker kept free of other work for the suspects.
    alone: RegisteredWorker | None = None

    @property
    def waiting(self) -> int:
        return len(self.queue) + len(self.suspects)

    @property
    def was_never_served(self) -> bool:
        return self.seen == NEVER

    def choose(self) -> RegisteredWorker | None:
        """Returns the least loaded worker with room; among equals, the one whose last request is longest ago."""
        best: RegisteredWorker | None = None
        for worker in self.workers:
            load = len(worker.holds)
            if load >= worker.credit or worker is self.alone:
                continue
            if best is None or (load, worker.turn) < (len(best.holds), best.turn):
                best = worker
        return best

    def choose_urgent(self) -> RegisteredWorker | None:
        """Returns the least loaded worker that takes an interactive request beyond its credit."""
        able = [worker for worker in self.workers if worker is not self.alone and _takes_urgent(worker)]
        return min(able, key=lambda worker: (len(worker.holds), worker.turn), default=None)

    def set_apart(self) -> RegisteredWorker | None:
        """Returns the worker for suspects once it is idle; None while it is busy or if there is none."""
        if self.alone is None or self.alone.credit == 0:
            able = [worker for worker in self.workers if worker.credit > 0]
            self.alone = min(able, key=lambda worker: len(worker.holds), default=None)
        return None if self.alone is None or self.alone.holds else self.alone

    def withdraw(self, request: OpenRequest) -> bool:
        """Remove a waiting request. Returns False if it does not wait here."""
        if self.queue.remove(request):
            return True
        if request in self.suspects:
            self.suspects.remove(request)
            return True
        return False


def _takes_urgent(worker: RegisteredWorker) -> bool:
    if worker.credit == 0 or len(worker.holds) >= worker.credit + worker.urgent:
        return False
    return any(request.lane != INTERACTIVE for request in worker.holds.values())
