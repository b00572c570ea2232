"""The broker's protocol side without sockets: frames go in, and what comes out is kept in a list."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import zmq

from broker import wire
from broker.dispatch import Dispatcher, Limits
from broker.liveness import Liveness
from broker.majordomo import Majordomo
from broker.request import Part
from broker.wire import Header, Reply, pack_map, reply_body, request_body
from contract.errors import MeshError
from contract.event import Event
from contract.operation import Buffer


class BrokerProtocol:
    """A dispatcher and the protocol in front of it; `sent` collects (address, frames as bytes)."""

    def __init__(self, configured: Sequence[str] = (), settled: bool = True, **limits: int) -> None:
        self.sent: list[tuple[bytes, list[bytes]]] = []
        self.events: list[Event] = []
        self.dispatcher = Dispatcher(self._send, self._announce, configured, Limits(**limits))
        if settled:
            self.dispatcher.settle()
        self.liveness = Liveness(self._send, self.dispatcher)
        self.majordomo = Majordomo(self.dispatcher, self.liveness)

    def _send(self, address: bytes, frames: Sequence[Part]) -> None:
        self.sent.append((address, [part.bytes if isinstance(part, zmq.Frame) else part for part in frames]))

    def _announce(self, event: Event) -> None:
        self.events.append(event)

    def receive(self, address: bytes, *frames: Buffer) -> None:
        """A message arrives from `address`."""
        self.majordomo.on_message(address, [zmq.Frame(bytes(frame)) for frame in frames])

    def take(self, address: bytes) -> list[list[bytes]]:
        """What was sent to `address` since the last look."""
        mine = [frames for target, frames in self.sent if target == address]
        self.sent = [(target, frames) for target, frames in self.sent if target != address]
        return mine

    def ready(self, address: bytes, service: str = "s", **info: Any) -> None:
        """One of our workers registers."""
        name = {"worker": address.decode(), "credit": 1} | info
        self.receive(address, wire.WORKER, wire.READY, service.encode(), pack_map(name))

    def ask(self, client: bytes, request_id: str, service: str = "s", timeout: float = 60.0, **params: Any) -> None:
        """One of our clients asks."""
        header = Header(request_id, "op", time.time() + timeout)
        body = request_body(header, params)
        self.receive(client, wire.CLIENT, wire.CLIENT_REQUEST, service.encode(), *body)

    def deliveries(self, worker: bytes) -> list[tuple[bytes, str]]:
        """Token and request id of what the worker was given since the last look."""
        frames = [f for f in self.take(worker) if f[:2] == [wire.WORKER, wire.REQUEST]]
        return [(f[2], Header.unpack(f[4]).id) for f in frames]

    def finish(self, worker: bytes, token: bytes, request_id: str, **result: Any) -> None:
        """A worker answers."""
        self.receive(worker, wire.WORKER, wire.FINAL, token, b"", *reply_body(request_id, Reply(result)))

    def outcomes(self, client: bytes) -> dict[str, Reply | MeshError]:
        """Outcomes by request id that the client got since the last look."""
        return dict(wire.split_reply(frames[3:]) for frames in self.take(client))
