from __future__ import annotations

import time

from broker import wire
from contract.mesh import FOREIGN_SILENCE_SECONDS as FOREIGN_SILENCE_S
from contract.mesh import HEARTBEAT_MISSES as MISSES
from contract.mesh import HEARTBEAT_SECONDS as HEARTBEAT_S
from contract.presence import WorkerDown
from tests.harness.broker_protocol import BrokerProtocol

BEAT = [wire.WORKER, wire.HEARTBEAT]


def advance(protocol: BrokerProtocol, seconds: float) -> None:
    """Heartbeats pass, one by one."""
    now = time.monotonic()
    for step in range(int(seconds / HEARTBEAT_S)):
        protocol.liveness.tick(now + (step + 1) * HEARTBEAT_S)


def test_broker_beats_once_a_second() -> None:
    protocol = BrokerProtocol()
    protocol.ready(b"w")
    now = time.monotonic()
    for tenth in range(1, 26):
        protocol.liveness.tick(now + tenth / 10)
    assert protocol.take(b"w") == [BEAT, BEAT]


def test_silent_worker_is_lost_after_three_beats() -> None:
    protocol = BrokerProtocol()
    protocol.ready(b"w")
    advance(protocol, (MISSES - 1) * HEARTBEAT_S)
    assert b"w" in protocol.dispatcher.workers
    advance(protocol, (MISSES + 2) * HEARTBEAT_S)
    assert b"w" not in protocol.dispatcher.workers
    lost = protocol.events[-1]
    assert isinstance(lost, WorkerDown)
    assert lost.reason.startswith("no heartbeat")


def test_foreign_worker_may_be_slower() -> None:
    protocol = BrokerProtocol()
    protocol.receive(b"w", wire.WORKER, wire.READY, b"s")
    advance(protocol, FOREIGN_SILENCE_S - 1)
    assert b"w" in protocol.dispatcher.workers
    advance(protocol, FOREIGN_SILENCE_S + 2)
    assert b"w" not in protocol.dispatcher.workers


def test_sleep_of_the_broker_is_not_held_against_workers() -> None:
    protocol = BrokerProtocol()
    protocol.ready(b"w")
    protocol.liveness.tick(time.monotonic() + 3600)
    assert b"w" in protocol.dispatcher.workers


def test_stranger_is_told_to_register() -> None:
    protocol = BrokerProtocol()
    protocol.receive(b"w", b"", wire.WORKER, wire.HEARTBEAT)
    assert protocol.take(b"w") == [[b"", wire.WORKER, wire.DISCONNECT]]
    protocol.receive(b"w", wire.WORKER, wire.DISCONNECT)
    assert protocol.take(b"w") == []


def test_farewell_reaches_every_worker() -> None:
    protocol = BrokerProtocol()
    protocol.ready(b"v")
    protocol.ready(b"w")
    protocol.liveness.farewell()
    assert [address for address, _ in protocol.sent] == [b"v", b"w"]
