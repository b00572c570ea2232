"""One registration at the broker: a DEALER that speaks Majordomo 0.2 as a worker of one service.

A connection belongs to the thread that made it. It registers again, on a fresh socket with a fresh identity, when the
broker goes away, sends DISCONNECT or is silent for three heartbeats; the broker then treats its requests as lost and
sends them again. If a broker of another contract version refuses it, the connection retries rarely, but at once with a
new broker.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import zmq
from zmq.utils.monitor import recv_monitor_message

from broker import wire
from broker.sockets import FrameSocket
from contract.mesh import HEARTBEAT_SECONDS, REFUSED_SECONDS, SILENCE_SECONDS, Announcement, Refusal
from contract.operation import Buffer
from contract.reading import Mismatch, read
from contract.worker import is_private

#: Seconds between two registrations, so that a broker that refuses us is not flooded.
RETRY_SECONDS: Final = 0.2
#: Milliseconds between two attempts of ZeroMQ to connect.
RECONNECT_MS: Final = 50
#: Milliseconds that the last messages (replies, DISCONNECT) may take to leave.
GOODBYE_MS: Final = 500
#: Messages read in a row before other sockets get their turn.
DRAIN: Final = 100

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a reply goes: the broker's token, valid in one registration only."""

    token: bytes
    registration: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request from the broker; `body` is not decoded here."""

    address: Address
    body: Sequence[Buffer]


class BrokerConnection:
    """A worker's registration at the broker under one service name. `info()` returns the READY map."""

    def __init__(
        self,
        poller: zmq.Poller,
        endpoint: str,
        service: str,
        identity: str,
        info: Callable[[], Announcement],
    ) -> None:
        self.service = service
        self.registration = 0
        self._poller = poller
        self._endpoint = endpoint
        self._identity = identity
        self._info = info
        self._heard = self._beat = 0.0
        self._lost = False
        #: Why the broker refuses this worker; already logged.
        self._refused = ""
        #: The last registration after which the broker sent something.
        self.confirmed = 0
        self._announced: Announcement | None = None
        self._register_at: float | None = None
        self._connect()

    def announce_changes(self) -> None:
        """Send READY again if its map has changed (credit 0: send no more requests)."""
        info = self._info()
        if info != self._announced:
            self._announced = info
            self._send([wire.READY, self.service.encode(), wire.pack_map(info)])

    def requests(self, readable: Container[object]) -> Iterator[Delivery]:
        """Yield the requests that wait on its `readable` sockets; handle other commands on the way."""
        for _ in range(DRAIN if self._socket in readable else 0):
            if not self._frames.is_readable():
                break
            frames = self._frames.receive()
            self._heard, self._lost = time.monotonic(), False
            request = self._understand([frame.bytes for frame in frames])
            if request is not None:
                yield request
        if self._monitor in readable:
            recv_monitor_message(self._monitor)
            self._register_soon("the connection to the broker is gone")

    def reply(self, address: Address, body: Sequence[Buffer]) -> None:
        """Send a final reply; drop it if its request belongs to an earlier registration: the broker gave that up."""
        if address.registration == self.registration:
            self._send([wire.FINAL, address.token, b"", *body])

    def tick(self) -> float:
        """Do what is due (heartbeat, registration). Returns the seconds until something is due again."""
        now = time.monotonic()
        if now - self._heard > SILENCE_SECONDS and self._register_at is None:
            self._register_soon("the broker is silent", 0.0)
        if self._register_at is not None and now >= self._register_at:
            self.close()
            self._connect()
        if now - self._beat >= HEARTBEAT_SECONDS and self._register_at is None:
            self._send([wire.HEARTBEAT])
        due = self._register_at or min(self._beat + HEARTBEAT_SECONDS, self._heard + SILENCE_SECONDS)
        return max(due - now, 0.0)

    def close(self) -> None:
        """Send DISCONNECT and leave: held requests go to another worker and do not count a death."""
        self._send([wire.DISCONNECT])
        self._poller.unregister(self._monitor)
        self._poller.unregister(self._socket)
        self._socket.disable_monitor()
        self._socket.close(GOODBYE_MS)

    def _connect(self) -> None:
        self.registration += 1
        self._heard = time.monotonic()
        self._register_at = None
        self._socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
        self._frames = FrameSocket(self._socket)
        self._socket.setsockopt(zmq.IDENTITY, f"{self._identity}-{uuid.uuid4().hex[:12]}".encode())
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
        self._monitor: zmq.Socket[bytes] = self._socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self._socket.connect(self._endpoint)
        self._announced = None
        self._poller.register(self._socket, zmq.POLLIN)
        self._poller.register(self._monitor, zmq.POLLIN)
        self.announce_changes()

    def _send(self, frames: Sequence[Buffer]) -> None:
        self._beat = time.monotonic()  # every message is a sign of life
        try:
            self._frames.send([b"", wire.WORKER, *map(bytes, frames)])  # large ones are shared: they must not change
        except zmq.Again:  # its queue is full: the broker has been away for long and will have forgotten us
            log.debug("%s: the broker accepts nothing; message dropped", self.service)

    def _understand(self, frames: Sequence[bytes]) -> Delivery | None:
        if len(frames) < 3 or frames[0] != b"" or frames[1] != wire.WORKER:
            log.warning("%s: dropped %d frames that are not a worker's message", self.service, len(frames))
            return None
        command, body = frames[2], frames[3:]
        if command == wire.DISCONNECT:
            self._dismissed(body)
            return None
        self.confirmed = self.registration
        if self._refused and self._register_at is None:
            log.info("%s: the broker now accepts this worker", self.service)
            self._refused = ""
        if command == wire.REQUEST and len(body) >= 2 and body[1] == b"":
            return Delivery(Address(body[0], self.registration), body[2:])
        if command != wire.HEARTBEAT:
            log.warning("%s: command %r dropped", self.service, command)
        return None

    def _dismissed(self, body: Sequence[bytes]) -> None:
        """Handle DISCONNECT, with or without a reason for refusing this worker."""
        reason = _reason(body)
        if not reason:
            self._register_soon("the broker does not know us")
            return
        if reason != self._refused:
            level = logging.DEBUG if is_private(self.service) else logging.ERROR  # both sockets hear it: log it once
            log.log(level, "%s: the broker refuses this worker: %s (retrying)", self.service, reason)
        self._refused = reason
        self._register_at = time.monotonic() + REFUSED_SECONDS

    def _register_soon(self, reason: str, pause: float = RETRY_SECONDS) -> None:
        if self._refused and self._register_at is not None:  # another broker may accept us
            self._register_at = min(self._register_at, time.monotonic() + pause)
        elif self._register_at is None:
            # Warn once until the broker is back, not every three seconds while it is away.
            log.log(logging.DEBUG if self._lost else logging.WARNING, "%s: %s, registering again", self.service, reason)
            self._lost = True
            self._register_at = time.monotonic() + pause


def _reason(body: Sequence[bytes]) -> str:
    """Returns why a DISCONNECT refuses this worker, or "" if it does not."""
    if not body:
        return ""
    try:
        return read(Refusal, wire.unpack_map(body[0], wire.MAX_HEADER_BYTES)).reason
    except (wire.WireError, Mismatch):
        return ""
