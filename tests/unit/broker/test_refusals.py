"""The broker refuses workers of another contract version, answers them rarely and announces them once."""

from __future__ import annotations

import time

import pytest

import contract
from broker import refusals, wire
from broker.refusals import ANSWER_AGAIN_SECONDS, MAX_KNOWN
from broker.wire import unpack_map
from contract.errors import NoWorker
from contract.mesh import Refusal
from contract.presence import WorkerRefused
from contract.reading import read
from tests.harness.broker_protocol import BrokerProtocol

OLDER = contract.VERSION - 1
REASON = f"it speaks version {OLDER} of the contract, this broker version {contract.VERSION}; upgrade the older one"


def told(protocol: BrokerProtocol, address: bytes) -> list[Refusal]:
    """What a worker was told since the last look: nothing but refusals."""
    found = []
    for frames in protocol.take(address):
        assert frames[:2] == [wire.WORKER, wire.DISCONNECT]
        found.append(read(Refusal, unpack_map(frames[2])))
    return found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Monotonic seconds, to be changed."""
    now = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_another_version_is_refused() -> None:
    protocol = BrokerProtocol()
    protocol.ready(b"w", version=OLDER, host="here", pid=7)
    assert told(protocol, b"w") == [Refusal(reason=REASON, version=contract.VERSION)]
    assert protocol.events == [WorkerRefused(service="s", worker="w", host="here", pid=7, reason=REASON)]
    assert protocol.dispatcher.workers == {}
    protocol.ask(b"c", "r")
    assert isinstance(protocol.outcomes(b"c")["r"], NoWorker)


@pytest.mark.parametrize("version", [contract.VERSION, None, [1], {"a": 1}, True])
def test_this_version_and_none_at_all_are_taken(version: object) -> None:
    protocol = BrokerProtocol()
    protocol.ready(b"v", version=version)
    protocol.ready(b"w")
    assert set(protocol.dispatcher.workers) == {b"v", b"w"}


def test_a_version_in_words_is_another_one() -> None:
    protocol = BrokerProtocol()
    protocol.ready(b"w", version="2.0 beta")
    assert protocol.dispatcher.workers == {}
    assert "version 2.0 beta of" in told(protocol, b"w")[0].reason


def test_who_comes_back_at_once_is_answered_seldom_and_told_of_once(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    # Given one that does not understand refusals: it returns on new connections, and sends heartbeats
    protocol = BrokerProtocol()
    answers = 0
    # When
    for n in range(200):
        address = b"w%d" % n
        protocol.ready(address, version=OLDER, worker="old_01", host="here", pid=7)
        protocol.receive(address, wire.WORKER, wire.HEARTBEAT)
        answers += len(protocol.take(address))
        clock[0] += 0.1
    # Then
    assert answers == 20 / ANSWER_AGAIN_SECONDS
    assert len(protocol.events) == 1
    assert len([line for line in caplog.messages if REASON in line]) == 1
    # And after a while it is told to register, like any worker
    clock[0] += ANSWER_AGAIN_SECONDS
    protocol.receive(b"w199", wire.WORKER, wire.HEARTBEAT)
    assert protocol.take(b"w199") == [[wire.WORKER, wire.DISCONNECT]]


def test_the_private_service_of_a_refused_worker_makes_no_noise(caplog: pytest.LogCaptureFixture) -> None:
    protocol = BrokerProtocol()
    protocol.ready(b"w", "worker.old_01", version=OLDER)
    assert len(told(protocol, b"w")) == 1
    assert protocol.events == []
    assert caplog.messages == []


def test_a_worker_that_changes_its_version_leaves() -> None:
    protocol = BrokerProtocol()
    protocol.ready(b"w", version=contract.VERSION)
    protocol.ready(b"w", version=OLDER)
    assert protocol.dispatcher.workers == {}
    assert [event.topic for event in protocol.events] == ["worker.up", "worker.down", "worker.refused"]


def test_what_is_remembered_is_bounded(clock: list[float]) -> None:
    protocol = BrokerProtocol()
    for n in range(MAX_KNOWN + 100):
        protocol.ready(b"w", version=OLDER, pid=n)
    known = protocol.majordomo.refusals
    assert len(known) == MAX_KNOWN
    clock[0] += refusals.MEMORY_SECONDS
    protocol.ready(b"w", version=OLDER, pid=1)
    assert len(known) == 1
