"""The broker's sockets and its loop: a ROUTER, its monitor, and a way to stop. Nothing is decided here."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Sequence

import zmq

from broker.dispatch import Announce, Dispatcher
from broker.liveness import Liveness
from broker.majordomo import Majordomo
from broker.request import Part
from broker.sockets import FrameSocket, prepare, read_monitor
from broker.wire import WORKER

log = logging.getLogger(__name__)

#: Messages taken from the socket before anything else gets a turn.
DRAIN = 100
#: Milliseconds between two looks at deadlines and heartbeats.
TICK_MS = 100
#: Largest single frame that is accepted, in bytes.
MAX_FRAME_BYTES = 512 * 1024 * 1024


class Router:
    """One broker. `run` blocks until `stop`, which may be called from a signal handler or another thread."""

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        endpoint: str,
        announce: Announce,
        configured: Sequence[str],
        queue_limit: int,
    ) -> None:
        self._socket = prepare(context.socket(zmq.ROUTER))
        self._frames = FrameSocket(self._socket)
        self._socket.router_mandatory = True
        self._socket.router_handover = True
        self._socket.maxmsgsize = MAX_FRAME_BYTES
        self._monitor = self._socket.get_monitor_socket(zmq.EVENT_DISCONNECTED | zmq.EVENT_ACCEPTED)
        self._monitor_frames = FrameSocket(self._monitor)
        #: Descriptors of connections that have closed, while messages of theirs may still wait.
        self._closed: set[int] = set()
        self._outbox: list[tuple[bytes, Sequence[Part]]] = []
        self._wake, self._stop = socket.socketpair()
        self.dispatcher = Dispatcher(self._say, announce, configured, queue_limit)
        self._liveness = Liveness(self._say, self.dispatcher)
        self._majordomo = Majordomo(self.dispatcher, self._liveness)
        self._next_tick = 0.0
        self._socket.bind(endpoint)

    def stop(self) -> None:
        """End `run` soon."""
        os.write(self._stop.fileno(), b"s")

    def run(self) -> None:
        """Serve until told to stop, then tell the workers and close."""
        poller = zmq.Poller()
        for readable in (self._socket, self._monitor, self._wake):
            poller.register(readable, zmq.POLLIN)
        try:
            while True:
                ready = dict(poller.poll(TICK_MS))
                if self._wake.fileno() in ready:
                    return
                if self._socket in ready or self._monitor in ready:
                    self._drain()
                self._tick()
                self._flush()
        finally:
            self._close()

    def _drain(self) -> None:
        """Workers first: they make room for what the clients ask. Ends of connections last: words come before."""
        clients: list[list[zmq.Frame]] = []
        workers: list[list[zmq.Frame]] = []
        try:
            for _ in range(DRAIN):
                frames = self._frames.receive()
                (workers if _is_worker(frames) else clients).append(frames)
            drained = False
        except zmq.Again:
            drained = True
        self._drain_monitor()
        for frames in workers:
            self._majordomo.on_message(frames[0].bytes, frames[1:])
        for frames in clients:
            self._majordomo.on_message(frames[0].bytes, frames[1:])
        while drained and self._closed:
            self.dispatcher.disconnected(self._closed.pop())

    def _drain_monitor(self) -> None:
        """Note which connections closed. A descriptor that is in use again is settled before the messages at hand:
        some of them may be the new connection's.
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
        self.dispatcher.expire(time.time())
        self._liveness.tick(now)

    def _say(self, address: bytes, frames: Sequence[Part]) -> None:
        self._outbox.append((address, frames))

    def _flush(self) -> None:
        """Send what was said, in one go: the I/O thread is woken once, not for each message."""
        while self._outbox:
            outgoing, self._outbox = self._outbox, []
            for address, frames in outgoing:
                try:
                    self._frames.send((address, *frames))
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
        # The farewell is on its way once the I/O thread has it: a short linger lets it go.
        self._socket.close(linger=200)
        self._wake.close()
        self._stop.close()


def _is_worker(frames: Sequence[zmq.Frame]) -> bool:
    """Whether `[identity, (empty), protocol, ...]` is a worker's."""
    at = 1 if len(frames) > 1 and len(frames[1]) else 2
    return len(frames) > at and len(frames[at]) == len(WORKER) and frames[at].bytes == WORKER
