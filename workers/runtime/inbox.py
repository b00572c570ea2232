"""Calls that wait in a worker: prepared ahead in a small pool, handed to the compute thread by lane, in batches."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from contract.errors import DeadlineExceeded, Internal, MeshError
from contract.operation import LANES
from workers.runtime.broker_connection import Address
from workers.runtime.service import Call, Handler, Outcome

#: In every 8th batch, the call that has waited longest goes first, whatever its lane.
FAIR_TURN = 8

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class QueuedCall:
    """One call that this worker must still answer. Only the I/O thread touches `address`."""

    id: str
    call: Call
    operation: Handler
    address: Address
    prepared: bool = False
    dropped: bool = False

    @property
    def late(self) -> bool:
        return time.time() >= self.call.deadline


Answer = Callable[[QueuedCall, Outcome], None]


class Inbox:
    """Waiting calls, thread-safe. `answer` gets those that never reach the compute thread: too late, not preparable."""

    def __init__(self, threads: int, answer: Answer) -> None:
        self._answer = answer
        self._threads = threads
        self._waiting: list[QueuedCall] = []
        self._unprepared: list[QueuedCall] = []
        self._preparing: list[QueuedCall] = []
        self._changed = threading.Condition()
        self._turn = 0
        self._nudged = False
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="prepare")

    def put(self, held: QueuedCall) -> None:
        """Accept a call.

        If it needs preparing, a free thread of the pool does so, but not too far ahead of the compute thread: prepared
        calls are large.
        """
        ahead = held.operation.prepare is not None
        with self._changed:
            if ahead:
                self._unprepared.append(held)
            else:
                held.prepared = True
            self._waiting.append(held)
            self._changed.notify()
        if ahead:
            self._pool.submit(self._prepare_next)

    def take(self, timeout: float) -> list[QueuedCall]:
        """Returns the next batch: prepared calls of one operation and lane, up to the operation's limit.

        Waits up to `timeout` seconds for a first call, never for more calls. Empty if none came, or after a nudge.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._nudged or self._ready(), timeout)
            self._nudged = False
            ready = self._ready()
            batch = self._pick([held for held in ready if not held.late])
            late = [held for held in ready if held.late]
            for held in (*batch, *late):
                self._waiting.remove(held)
            self._prepare_more()
        for held in late:
            self._refuse(held, DeadlineExceeded(f"{held.call.op} waited until its deadline had passed"))
        return batch

    def drop(self, unwanted: Callable[[QueuedCall], bool]) -> list[QueuedCall]:
        """Forget unwanted waiting calls without answering them. Returns those calls."""
        with self._changed:
            gone = [held for held in self._waiting if unwanted(held)]
            self._waiting = [held for held in self._waiting if held not in gone]
            self._unprepared = [held for held in self._unprepared if held not in gone]
            for held in gone:
                held.dropped = True
            done = [held for held in gone if held.prepared]
            self._prepare_more()
        for held in done:
            _discard(held)
        return gone

    def nudge(self) -> None:
        """Make a waiting `take` return at once: there is other work."""
        with self._changed:
            self._nudged = True
            self._changed.notify()

    def preparing_until(self) -> float:
        """Returns the earliest deadline, in unix seconds, of the calls being prepared now."""
        with self._changed:
            return min((held.call.deadline for held in self._preparing), default=float("inf"))

    def close(self) -> None:
        """Stop preparing calls."""
        with self._changed:
            self._unprepared.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ready(self) -> list[QueuedCall]:
        return [held for held in self._waiting if held.prepared]

    def _pick(self, ready: Sequence[QueuedCall]) -> list[QueuedCall]:
        if not ready:
            return []
        self._turn += 1
        first = ready[0] if self._turn % FAIR_TURN == 0 else min(ready, key=_urgency)
        alike = [held for held in ready if held.operation is first.operation and held.call.lane == first.call.lane]
        return alike[: first.operation.batch]

    def _prepare_more(self) -> None:
        for _ in self._unprepared:
            self._pool.submit(self._prepare_next)

    def _next_to_prepare(self) -> QueuedCall | None:
        """Returns the most urgent call, unless a batch plus one per thread, at least as urgent, are prepared ahead."""
        if not self._unprepared:
            return None
        held = min(self._unprepared, key=_urgency)
        begun = [one for one in self._waiting if one.operation.prepare is not None and one not in self._unprepared]
        ahead = sum(_urgency(one) <= _urgency(held) for one in begun)
        return held if ahead < held.operation.batch + self._threads else None

    def _prepare_next(self) -> None:
        with self._changed:
            held = self._next_to_prepare()
            if held is None:
                return
            self._unprepared.remove(held)
            self._preparing.append(held)
        error = None if held.late else _prepare(held)
        with self._changed:
            self._preparing.remove(held)
            held.prepared = True
            if error is not None and not held.dropped:
                self._waiting.remove(held)
                self._prepare_more()
            self._changed.notify()
        if held.dropped:
            _discard(held)
        elif error is not None:
            self._answer(held, error)

    def _refuse(self, held: QueuedCall, error: MeshError) -> None:
        _discard(held)
        self._answer(held, error)


def _urgency(held: QueuedCall) -> int:
    return LANES.index(held.call.lane)


def _prepare(held: QueuedCall) -> MeshError | None:
    assert held.operation.prepare is not None
    try:
        held.call.prepared = held.operation.prepare(held.call)
    except MeshError as error:
        return error
    except Exception:
        log.exception("preparing %s failed", held.call.op)
        return Internal(f"preparing {held.call.op} failed; the worker's log says why")
    return None


def _discard(held: QueuedCall) -> None:
    if held.operation.discard is None or held.call.prepared is None:
        return
    try:
        held.operation.discard(held.call)
    except Exception:
        log.exception("discarding a prepared %s failed", held.call.op)
