from __future__ import annotations

import time

from broker import wire
from contract.mesh import FOREIGN_SILENCE_SECONDS as FOREIGN_SILENCE_S
from contract.mesh import HEARTBEAT_MISSES as MISSES
from contract.mesh import HEARTBEAT_SECONDS as HEARTBEAT_S
from contract.presence import WorkerDown
from tests.harness.desk import Desk

BEAT = [wire.WORKER, wire.HEARTBEAT]


def advance(desk: Desk, seconds: float) -> None:
    """Heartbeats pass, one by one."""
    now = time.monotonic()
    for step in range(int(seconds / HEARTBEAT_S)):
        desk.liveness.tick(now + (step + 1) * HEARTBEAT_S)


def test_broker_beats_once_a_second() -> None:
    desk = Desk()
    desk.ready(b"w")
    now = time.monotonic()
    for tenth in range(1, 26):
        desk.liveness.tick(now + tenth / 10)
    assert desk.take(b"w") == [BEAT, BEAT]


def test_silent_worker_is_lost_after_three_beats() -> None:
    desk = Desk()
    desk.ready(b"w")
    advance(desk, (MISSES - 1) * HEARTBEAT_S)
    assert b"w" in desk.dispatcher.workers
    advance(desk, (MISSES + 2) * HEARTBEAT_S)
    assert b"w" not in desk.dispatcher.workers
    lost = desk.events[-1]
    assert isinstance(lost, WorkerDown)
    assert lost.reason.startswith("no heartbeat")


def test_foreign_worker_may_be_slower() -> None:
    desk = Desk()
    desk.receive(b"w", wire.WORKER, wire.READY, b"s")
    advance(desk, FOREIGN_SILENCE_S - 1)
    assert b"w" in desk.dispatcher.workers
    advance(desk, FOREIGN_SILENCE_S + 2)
    assert b"w" not in desk.dispatcher.workers


def test_sleep_of_the_broker_is_not_held_against_workers() -> None:
    desk = Desk()
    desk.ready(b"w")
    desk.liveness.tick(time.monotonic() + 3600)
    assert b"w" in desk.dispatcher.workers


def test_stranger_is_told_to_register() -> None:
    desk = Desk()
    desk.receive(b"w", b"", wire.WORKER, wire.HEARTBEAT)
    assert desk.take(b"w") == [[b"", wire.WORKER, wire.DISCONNECT]]
    desk.receive(b"w", wire.WORKER, wire.DISCONNECT)
    assert desk.take(b"w") == []


def test_farewell_reaches_every_worker() -> None:
    desk = Desk()
    desk.ready(b"v")
    desk.ready(b"w")
    desk.liveness.farewell()
    assert [address for address, _ in desk.sent] == [b"v", b"w"]
