"""A client and a worker of Majordomo 0.2, written from the text of ZeroMQ RFC 18 alone: nothing of ours is imported.

They are what somebody with no more than the RFC would write, so they show whether the broker follows it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import zmq

#: Heartbeats as the RFC's reference implementation sends them: interval in seconds, and how many may be missed.
INTERVAL = 1.0
LIVENESS = 3

Frames = list[bytes]


class RfcClient:
    """Sends requests and collects their replies."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], endpoint: str) -> None:
        self._socket = context.socket(zmq.DEALER)
        self._socket.connect(endpoint)

    def send(self, service: bytes, *body: bytes) -> None:
        self._socket.send_multipart([b"MDPC02", b"\x01", service, *body])

    def receive(self, seconds: float) -> tuple[bytes, bytes, Frames]:
        """The next reply: its command, its service, its body."""
        assert self._socket.poll(int(seconds * 1000)), "no reply"
        protocol, command, service, *body = self._socket.recv_multipart()
        assert protocol == b"MDPC02"
        assert command in (b"\x02", b"\x03")
        return command, service, body

    def close(self) -> None:
        self._socket.close(linger=0)


class RfcWorker:
    """Serves in a thread of its own until `close`: `handle` returns the parts of its answer, the last one final."""

    def __init__(self, endpoint: str, service: bytes, handle: Callable[[Frames], list[Frames]]) -> None:
        self._endpoint = endpoint
        self._service = service
        self._handle = handle
        self._ends = threading.Event()
        #: Heartbeats received, and how often it registered.
        self.heartbeats = 0
        self.registrations = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave with DISCONNECT."""
        self._ends.set()
        self._thread.join()

    def _run(self) -> None:
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        while not self._ends.is_set():
            socket = context.socket(zmq.DEALER)
            socket.connect(self._endpoint)
            socket.send_multipart([b"MDPW02", b"\x01", self._service])
            self.registrations += 1
            self._serve(socket)
            if self._ends.is_set():
                socket.send_multipart([b"MDPW02", b"\x06"])
            socket.close(linger=200)
        context.term()

    def _serve(self, socket: zmq.Socket[bytes]) -> None:
        """Until this worker ends or the broker must be considered gone."""
        heard = beat = time.monotonic()
        while not self._ends.is_set() and time.monotonic() - heard < INTERVAL * LIVENESS:
            if time.monotonic() - beat > INTERVAL:
                socket.send_multipart([b"MDPW02", b"\x05"])
                beat = time.monotonic()
            if not socket.poll(100):
                continue
            heard = time.monotonic()
            protocol, command, *rest = socket.recv_multipart()
            assert protocol == b"MDPW02"
            if command == b"\x06":
                return
            if command == b"\x05":
                assert rest == []
                self.heartbeats += 1
                continue
            assert command == b"\x02", command
            client, empty, *body = rest
            assert empty == b""
            *parts, last = self._handle(body)
            for part in parts:
                socket.send_multipart([b"MDPW02", b"\x03", client, b"", *part])
            socket.send_multipart([b"MDPW02", b"\x04", client, b"", *last])
