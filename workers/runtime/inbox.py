"""Calls that wait in a worker: prepared ahead in a small pool, handed to the compute thread by lane, in batches."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from contract.errors import DeadlineExceeded, Internal, MeshError
from contract.operation import LANES
from workers.runtime.broker_connection import Address
from workers.runtime.service import Call, Handler, Outcome

#: After 7 batches in a row that passed it over, the call that has waited longest goes first, whatever its lane.
FAIR_TURN: Final = 8

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class QueuedCall:
    """One call that this worker must still answer. Only the thread that serves the sockets touches `address`.

    `until` is the call's deadline in monotonic seconds: nobody sets that clock.
    """

    id: str
    call: Call
    operation: Handler
    address: Address
    prepared: bool = False
    dropped: bool = False
    until: float = field(init=False)

    def __post_init__(self) -> None:
        self.until = time.monotonic() + self.call.deadline - time.time()

    @property
    def late(self) -> bool:
        return time.monotonic() >= self.until


Answer = Callable[[QueuedCall, Outcome], None]


class Inbox:
    """Waiting calls, thread-safe. `answer` gets those that never reach the compute thread: too late, not preparable.

    `wake` is called when a call has been prepared.
    """

    def __init__(self, threads: int, answer: Answer, wake: Callable[[], None] = lambda: None) -> None:
        self._answer = answer
        self._wake = wake
        self._threads = threads
        self._waiting: list[QueuedCall] = []
        self._unprepared: list[QueuedCall] = []
        self._preparing: list[QueuedCall] = []
        self._changed = threading.Condition()
        #: Batches in a row that passed over the call that has waited longest.
        self._passed = 0
        self._nudged = False
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="prepare")

    def put(self, queued: QueuedCall) -> None:
        """Accept a call.

        If it needs preparing, a free thread of the pool does so, but not too far ahead of the compute thread: prepared
        calls are large.
        """
        ahead = queued.operation.prepare is not None
        with self._changed:
            if ahead:
                self._unprepared.append(queued)
            else:
                queued.prepared = True
            self._waiting.append(queued)
            self._changed.notify()
        if ahead:
            self._pool.submit(self._prepare_next)

    @property
    def has_work(self) -> bool:
        """Whether `take` returns at once."""
        with self._changed:
            return self._nudged or any(queued.prepared for queued in self._waiting)

    def take(self, timeout: float) -> list[QueuedCall]:
        """Returns the next batch: prepared calls of one operation and lane, up to the operation's limit.

        Waits up to `timeout` seconds for a first call, never for more calls. Empty if none came, or after a nudge.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._nudged or self._ready(), timeout)
            self._nudged = False
            ready = self._ready()
            batch = self._pick([queued for queued in ready if not queued.late])
            late = [queued for queued in ready if queued.late]
            for queued in (*batch, *late):
                self._waiting.remove(queued)
            self._prepare_more()
        for queued in late:
            self._refuse(queued, DeadlineExceeded(f"{queued.call.op} waited until its deadline had passed"))
        return batch

    def drop(self, unwanted: Callable[[QueuedCall], bool]) -> list[QueuedCall]:
        """Forget unwanted waiting calls without answering them. Returns those calls."""
        with self._changed:
            gone = [queued for queued in self._waiting if unwanted(queued)]
            self._waiting = [queued for queued in self._waiting if queued not in gone]
            self._unprepared = [queued for queued in self._unprepared if queued not in gone]
            for queued in gone:
                queued.dropped = True
            done = [queued for queued in gone if queued.prepared]
            self._prepare_more()
        for queued in done:
            _discard(queued)
        return gone

    def nudge(self) -> None:
        """Make a waiting `take` return at once: there is other work."""
        with self._changed:
            self._nudged = True
            self._changed.notify()

    def preparing_until(self) -> float:
        """Returns the earliest deadline, in monotonic seconds, of the calls being prepared now."""
        with self._changed:
            return min((queued.until for queued in self._preparing), default=float("inf"))

    def close(self) -> None:
        """Stop preparing calls."""
        with self._changed:
            self._unprepared.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ready(self) -> list[QueuedCall]:
        return [queued for queued in self._waiting if queued.prepared]

    def _pick(self, ready: Sequence[QueuedCall]) -> list[QueuedCall]:
        if not ready:
            return []
        first = ready[0] if self._passed == FAIR_TURN - 1 else min(ready, key=_urgency)
        self._passed = 0 if _urgency(first) == _urgency(ready[0]) else self._passed + 1
        alike = [
            queued for queued in ready if queued.operation is first.operation and queued.call.lane == first.call.lane
        ]
        return alike[: first.operation.batch]

    def _prepare_more(self) -> None:
        for _ in self._unprepared:
            self._pool.submit(self._prepare_next)

    def _next_to_prepare(self) -> QueuedCall | None:
        """Returns the most urgent call, unless a batch plus one per thread, at least as urgent, are prepared ahead."""
        if not self._unprepared:
            return None
        queued = min(self._unprepared, key=_urgency)
        begun = [
            other for other in self._waiting if other.operation.prepare is not None and other not in self._unprepared
        ]
        ahead = sum(_urgency(other) <= _urgency(queued) for other in begun)
        return queued if ahead < queued.operation.batch + self._threads else None

    def _prepare_next(self) -> None:
        with self._changed:
            queued = self._next_to_prepare()
            if queued is None:
                return
            self._unprepared.remove(queued)
            self._preparing.append(queued)
        error = None if queued.late else _prepare(queued)
        with self._changed:
            self._preparing.remove(queued)
            queued.prepared = True
            if error is not None and not queued.dropped:
                self._waiting.remove(queued)
                self._prepare_more()
            self._changed.notify()
        self._wake()
        if queued.dropped:
            _discard(queued)
        elif error is not None:
            self._answer(queued, error)

    def _refuse(self, queued: QueuedCall, error: MeshError) -> None:
        _discard(queued)
        self._answer(queued, error)


def _urgency(queued: QueuedCall) -> int:
    return LANES.index(queued.call.lane)


def _prepare(queued: QueuedCall) -> MeshError | None:
    assert queued.operation.prepare is not None
    try:
        queued.call.prepared = queued.operation.prepare(queued.call)
    except MeshError as error:
        return error
    except Exception:
        log.exception("preparing %s failed", queued.call.op)
        return Internal(f"preparing {queued.call.op} failed; the worker's log says why")
    return None


def _discard(queued: QueuedCall) -> None:
    if queued.operation.discard is None or queued.call.prepared is None:
        return
    try:
        queued.operation.discard(queued.call)
    except Exception:
        log.exception("discarding a prepared %s failed", queued.call.op)
