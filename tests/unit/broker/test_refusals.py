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
from tests.harness.desk import Desk

OLDER = contract.VERSION - 1
REASON = f"it speaks version {OLDER} of the contract, this broker version {contract.VERSION}; upgrade the older one"


def told(desk: Desk, address: bytes) -> list[Refusal]:
    """What a worker was told since the last look: nothing but refusals."""
    found = []
    for frames in desk.take(address):
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
    desk = Desk()
    desk.ready(b"w", version=OLDER, host="here", pid=7)
    assert told(desk, b"w") == [Refusal(reason=REASON, version=contract.VERSION)]
    assert desk.events == [WorkerRefused(service="s", worker="w", host="here", pid=7, reason=REASON)]
    assert desk.dispatcher.workers == {}
    desk.ask(b"c", "r")
    assert isinstance(desk.outcomes(b"c")["r"], NoWorker)


@pytest.mark.parametrize("version", [contract.VERSION, None, [1], {"a": 1}, True])
def test_this_version_and_none_at_all_are_taken(version: object) -> None:
    desk = Desk()
    desk.ready(b"v", version=version)
    desk.ready(b"w")
    assert set(desk.dispatcher.workers) == {b"v", b"w"}


def test_a_version_in_words_is_another_one() -> None:
    desk = Desk()
    desk.ready(b"w", version="2.0 beta")
    assert desk.dispatcher.workers == {}
    assert "version 2.0 beta of" in told(desk, b"w")[0].reason


def test_who_comes_back_at_once_is_answered_seldom_and_told_of_once(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    # Given one that does not understand refusals: it returns on new connections, and sends heartbeats
    desk = Desk()
    answers = 0
    # When
    for n in range(200):
        address = b"w%d" % n
        desk.ready(address, version=OLDER, worker="old_01", host="here", pid=7)
        desk.receive(address, wire.WORKER, wire.HEARTBEAT)
        answers += len(desk.take(address))
        clock[0] += 0.1
    # Then
    assert answers == 20 / ANSWER_AGAIN_SECONDS
    assert len(desk.events) == 1
    assert len([line for line in caplog.messages if REASON in line]) == 1
    # And after a while it is told to register, like any worker
    clock[0] += ANSWER_AGAIN_SECONDS
    desk.receive(b"w199", wire.WORKER, wire.HEARTBEAT)
    assert desk.take(b"w199") == [[wire.WORKER, wire.DISCONNECT]]


def test_the_private_service_of_a_refused_worker_makes_no_noise(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    desk.ready(b"w", "worker.old_01", version=OLDER)
    assert len(told(desk, b"w")) == 1
    assert desk.events == []
    assert caplog.messages == []


def test_a_worker_that_changes_its_version_leaves() -> None:
    desk = Desk()
    desk.ready(b"w", version=contract.VERSION)
    desk.ready(b"w", version=OLDER)
    assert desk.dispatcher.workers == {}
    assert [event.topic for event in desk.events] == ["worker.up", "worker.down", "worker.refused"]


def test_what_is_remembered_is_bounded(clock: list[float]) -> None:
    desk = Desk()
    for n in range(MAX_KNOWN + 100):
        desk.ready(b"w", version=OLDER, pid=n)
    known = desk.majordomo.refusals
    assert len(known) == MAX_KNOWN
    clock[0] += refusals.MEMORY_SECONDS
    desk.ready(b"w", version=OLDER, pid=1)
    assert len(known) == 1
