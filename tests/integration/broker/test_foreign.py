"""Peers that know only RFC 18, with and without a leading empty frame."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import zmq

from broker import wire
from broker.wire import Header, Reply, reply_body
from tests.harness.mesh import Mesh, workers_of
from tests.harness.waiting import PATIENCE_S, eventually


@pytest.fixture(scope="module")
def mesh() -> Iterator[Mesh]:
    with Mesh() as running:
        yield running


@pytest.fixture
def context() -> Iterator[zmq.Context[zmq.Socket[bytes]]]:
    own: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    own.linger = 0  # of sockets that a test leaves open: the end of the context would wait for what they still send
    yield own
    own.destroy(linger=0)


class Plain:
    """A DEALER that sends and receives RFC 18 frames."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], mesh: Mesh, start: list[bytes]) -> None:
        self._socket = context.socket(zmq.DEALER)
        self._socket.connect(mesh.endpoint)
        self._start = start

    def send(self, *frames: bytes) -> None:
        self._socket.send_multipart([*self._start, *frames])

    def receive(self) -> list[bytes]:
        """The next message except heartbeats; it must have the same leading frames as ours."""
        while True:
            assert self._socket.poll(int(PATIENCE_S * 1000))
            frames = self._socket.recv_multipart()
            assert frames[: len(self._start)] == self._start
            frames = frames[len(self._start) :]
            assert frames[0] in (wire.CLIENT, wire.WORKER)
            if frames[:2] != [wire.WORKER, wire.HEARTBEAT]:
                return frames
            self.send(wire.WORKER, wire.HEARTBEAT)


STARTS = pytest.mark.parametrize("start", [[], [b""]], ids=["bare", "delimiter"])


@STARTS
def test_plain_client_and_worker_talk(mesh: Mesh, context: zmq.Context[zmq.Socket[bytes]], start: list[bytes]) -> None:
    # Given
    worker, client = Plain(context, mesh, start), Plain(context, mesh, start)
    worker.send(wire.WORKER, wire.READY, b"plain")
    client.send(wire.CLIENT, wire.CLIENT_REQUEST, b"mmi.service", b"plain")
    while client.receive()[-1] != b"200":
        client.send(wire.CLIENT, wire.CLIENT_REQUEST, b"mmi.service", b"plain")
    # When two requests come, the worker holds one of them at a time
    for text in (b"one", b"two"):
        client.send(wire.CLIENT, wire.CLIENT_REQUEST, b"plain", text, b"", b"more")
    for text in (b"one", b"two"):
        request = worker.receive()
        assert request[:2] == [wire.WORKER, wire.REQUEST]
        assert request[3:] == [b"", text, b"", b"more"]
        worker.send(wire.WORKER, wire.PARTIAL, request[2], b"", b"half")
        worker.send(wire.WORKER, wire.FINAL, request[2], b"", text.upper())
        # Then
        assert client.receive() == [wire.CLIENT, wire.CLIENT_PARTIAL, b"plain", b"half"]
        assert client.receive() == [wire.CLIENT, wire.CLIENT_FINAL, b"plain", text.upper()]
    worker.send(wire.WORKER, wire.DISCONNECT)


@STARTS
def test_plain_client_gets_errors_as_text(
    mesh: Mesh, context: zmq.Context[zmq.Socket[bytes]], start: list[bytes]
) -> None:
    client = Plain(context, mesh, start)
    client.send(wire.CLIENT, wire.CLIENT_REQUEST, b"nobody", b"body")
    *head, text = client.receive()
    assert head == [wire.CLIENT, wire.CLIENT_FINAL, b"nobody"]
    assert text.startswith(b"no_worker ")
    for service, code in ((b"mmi.service", b"404"), (b"mmi.else", b"501")):
        client.send(wire.CLIENT, wire.CLIENT_REQUEST, service, b"nobody")
        assert client.receive()[-1] == code


def test_our_client_is_served_by_a_plain_worker(mesh: Mesh, context: zmq.Context[zmq.Socket[bytes]]) -> None:
    worker = Plain(context, mesh, [])
    with mesh.connect() as client:
        worker.send(wire.WORKER, wire.READY, b"mixed")
        [row] = eventually(lambda: workers_of(client, "mixed"), "worker")
        assert (row["foreign"], row["credit"]) == (True, 1)
        future = client.submit("mixed", "double", {"n": 2}, timeout=PATIENCE_S)
        _, _, token, _, header, _params = worker.receive()
        reply = reply_body(Header.unpack(header).id, Reply({"n": 4}))
        worker.send(wire.WORKER, wire.FINAL, token, b"", *map(bytes, reply))
        assert future.result().result == {"n": 4}


def test_worker_that_never_registered_is_told_so(mesh: Mesh, context: zmq.Context[zmq.Socket[bytes]]) -> None:
    worker = Plain(context, mesh, [])
    worker.send(wire.WORKER, wire.HEARTBEAT)
    assert worker.receive() == [wire.WORKER, wire.DISCONNECT]
