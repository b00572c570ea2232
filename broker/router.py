"""The broker's sockets and loop: a ROUTER, its monitor, and a way to stop. Makes no decisions."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Sequence
from typing import Final

import zmq
from zmq.backend import zmq_poll

from broker.dispatch import Announce, Dispatcher, Limits
from broker.liveness import Liveness
from broker.majordomo import Majordomo
from broker.request import Part
from broker.sockets import FrameSocket, prepare, read_monitor
from broker.wire import WORKER

log = logging.getLogger(__name__)

#: The sender's routing id and the frames after it.
Message = tuple[bytes, list[zmq.Frame]]

#: Messages read from the socket before anything else gets a turn.
DRAIN: Final = 100
#: Bytes of last frames, usually the largest, after which the loop stops reading messages.
DRAIN_BYTES: Final = 16 * 1024 * 1024
#: Milliseconds between two checks of deadlines and heartbeats.
TICK_MS: Final = 100
#: Largest single frame that is accepted, in bytes.
MAX_FRAME_BYTES: Final = 512 * 1024 * 1024


class Router:
    """One broker. `run` blocks until `stop`, which may be called from a signal handler or another thread."""

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        endpoint: str,
        announce: Announce,
        configured: Sequence[str],
        limits: Limits,
    ) -> None:
        self._socket = prepare(context.socket(zmq.ROUTER))
        self._frames = FrameSocket(self._socket)
        self._socket.router_mandatory = True
        self._socket.router_handover = True
        self._socket.maxmsgsize = MAX_FRAME_BYTES
        self._monitor = self._socket.get_monitor_socket(zmq.EVENT_DISCONNECTED | zmq.EVENT_ACCEPTED)
        self._monitor_frames = FrameSocket(self._monitor)
        #: Descriptors of closed connections whose messages may still be waiting.
        self._closed: set[int] = set()
        self._outbox: list[tuple[bytes, Sequence[Part]]] = []
        self._wake, self._stop = socket.socketpair()
        self.dispatcher = Dispatcher(self._say, announce, configured, limits)
        self._liveness = Liveness(self._say, self.dispatcher)
        self._majordomo = Majordomo(self.dispatcher, self._liveness)
        self._next_tick = 0.0
        self._socket.bind(endpoint)

    def stop(self) -> None:
        """End `run` soon."""
        os.write(self._stop.fileno(), b"s")

    def run(self) -> None:
        """Serve until told to stop, then tell the workers and close."""
        wake = self._wake.fileno()
        readable = [(source, int(zmq.POLLIN)) for source in (self._socket, self._monitor, wake)]
        try:
            while True:
                ready: dict[object, int] = dict(zmq_poll(readable, TICK_MS))
                if wake in ready:
                    return
                if self._socket in ready or self._monitor in ready:
                    self._drain()
                self._tick()
                self._flush()
        finally:
            self._close()

    def _drain(self) -> None:
        """Handle workers first, as they make room for clients' requests; then clients; closed connections last."""
        clients: list[Message] = []
        workers: list[Message] = []
        drained = self._receive(clients, workers)
        self._drain_monitor()
        for address, frames in workers:
            self._majordomo.on_message(address, frames)
        for address, frames in clients:
            self._majordomo.on_message(address, frames)
        while drained and self._closed:
            self.dispatcher.disconnected(self._closed.pop())

    def _receive(self, clients: list[Message], workers: list[Message]) -> bool:
        """Read waiting messages, up to a limit. Returns whether none are left."""
        read = 0
        try:
            for number in range(DRAIN):
                # In a quiet mesh, most messages come alone; asking costs less than the exception.
                if number == 1 and not self._frames.is_readable():
                    return True
                message = self._frames.receive_from()
                (workers if _is_worker(message[1]) else clients).append(message)
                read += len(message[1][-1])
                if read > DRAIN_BYTES:
                    return False
        except zmq.Again:
            return True
        return False

    def _drain_monitor(self) -> None:
        """Note which connections closed.

        A descriptor that is in use again is settled before the messages just read: some may be the new connection's.
        """
        while self._monitor_frames.is_readable():
            event, descriptor = read_monitor(self._monitor)
            if event == zmq.EVENT_DISCONNECTED:
                self._closed.add(descriptor)
            elif descriptor in self._closed:
                self._closed.remove(descriptor)
                self.dispatcher.disconnected(descriptor)

    def _tick(self) -> None:
        now = time.monotonic()
        if now < self._next_tick:
            return
        self._next_tick = now + TICK_MS / 1000
        self.dispatcher.expire(now)
        self._liveness.tick(now)

    def _say(self, address: bytes, frames: Sequence[Part]) -> None:
        self._outbox.append((address, frames))

    def _flush(self) -> None:
        """Send the outbox in one go, to wake the I/O thread once and not for each message."""
        while self._outbox:
            outgoing, self._outbox = self._outbox, []
            for address, frames in outgoing:
                try:
                    self._frames.send_to(address, frames)
                except zmq.Again:
                    self.dispatcher.unreachable(address)
                except zmq.ZMQError as error:
                    if error.errno != zmq.EHOSTUNREACH:
                        raise
                    self.dispatcher.unreachable(address)

    def _close(self) -> None:
        self._liveness.farewell()
        self._flush()
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        # A short linger lets the I/O thread send the farewell.
        self._socket.close(linger=200)
        self._wake.close()
        self._stop.close()


def _is_worker(frames: Sequence[zmq.Frame]) -> bool:
    """Returns whether `[(empty), protocol, ...]` comes from a worker."""
    at = 0 if len(frames[0]) else 1
    return len(frames) > at and len(frames[at]) == len(WORKER) and frames[at].bytes == WORKER
