"""Golden frames of Majordomo 0.2, byte for byte as ZeroMQ RFC 18 has them: no constant of ours is used."""

from __future__ import annotations

import pytest

from tests.harness.broker_protocol import BrokerProtocol

STARTS = pytest.mark.parametrize("start", [(), (b"",)], ids=["bare", "delimiter"])


def registered(protocol: BrokerProtocol, start: tuple[bytes, ...] = ()) -> None:
    protocol.receive(b"W", *start, b"MDPW02", b"\x01", b"coffee")


@STARTS
def test_a_request_passes_unchanged(start: tuple[bytes, ...]) -> None:
    protocol = BrokerProtocol()
    registered(protocol, start)
    protocol.receive(b"C", *start, b"MDPC02", b"\x01", b"coffee", b"black", b"", b"two")
    assert protocol.take(b"W") == [[*start, b"MDPW02", b"\x02", bytes(7) + b"\x01", b"", b"black", b"", b"two"]]


@STARTS
def test_replies_pass_unchanged(start: tuple[bytes, ...]) -> None:
    protocol = BrokerProtocol()
    registered(protocol, start)
    protocol.receive(b"C", *start, b"MDPC02", b"\x01", b"coffee", b"black")
    [request] = protocol.take(b"W")
    token = request[len(start) + 2]
    protocol.receive(b"W", *start, b"MDPW02", b"\x03", token, b"", b"half")
    protocol.receive(b"W", *start, b"MDPW02", b"\x04", token, b"", b"done", b"")
    assert protocol.take(b"C") == [
        [*start, b"MDPC02", b"\x02", b"coffee", b"half"],
        [*start, b"MDPC02", b"\x03", b"coffee", b"done", b""],
    ]


def test_a_worker_gets_one_request_at_a_time_and_each_side_its_own_framing() -> None:
    protocol = BrokerProtocol()
    registered(protocol)
    for body in (b"1", b"2"):
        protocol.receive(b"C", b"", b"MDPC02", b"\x01", b"coffee", body)
    [first] = protocol.take(b"W")
    protocol.receive(b"W", b"MDPW02", b"\x04", first[2], b"", b"one")
    assert [frames[-1] for frames in protocol.take(b"W")] == [b"2"]
    assert protocol.take(b"C") == [[b"", b"MDPC02", b"\x03", b"coffee", b"one"]]


def test_heartbeats_have_two_frames() -> None:
    protocol = BrokerProtocol()
    registered(protocol)
    protocol.liveness.tick(
        1e12 if not protocol.dispatcher.workers else next(iter(protocol.dispatcher.workers.values())).seen + 1.5
    )
    assert protocol.take(b"W") == [[b"MDPW02", b"\x05"]]


@pytest.mark.parametrize("command", [b"\x03", b"\x04", b"\x05"])
def test_whoever_is_not_registered_is_disconnected(command: bytes) -> None:
    protocol = BrokerProtocol()
    protocol.receive(b"W", b"MDPW02", command, b"x", b"", b"y")
    assert protocol.take(b"W") == [[b"MDPW02", b"\x06"]]


def test_disconnect_ends_a_registration_without_an_answer() -> None:
    protocol = BrokerProtocol()
    registered(protocol)
    protocol.receive(b"W", b"MDPW02", b"\x06")
    assert protocol.dispatcher.workers == {}
    assert protocol.take(b"W") == []


@pytest.mark.parametrize(
    "frames",
    [
        (b"MDPC01", b"\x01", b"coffee", b"x"),
        (b"MDPC02", b"\x03", b"coffee", b"x"),
        (b"MDPC02", b"\x01", b"coffee"),
        (b"MDPW01", b"\x01", b"coffee"),
        (b"MDPW02", b"\x07", b"coffee"),
        (b"MDPW02", b"\x01"),
        (b"", b"", b"MDPC02", b"\x01", b"coffee", b"x"),
    ],
)
def test_what_is_no_command_is_dropped(frames: tuple[bytes, ...]) -> None:
    protocol = BrokerProtocol()
    protocol.receive(b"P", *frames)
    assert protocol.sent == []
    assert protocol.dispatcher.counters.malformed == 1
