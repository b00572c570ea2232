"""A client's DEALER, and the monitor that reports reconnects."""

from __future__ import annotations

import os
from typing import Any, Final

import zmq

from broker.client_core import Frames, OpenCall, OpenCalls
from broker.sockets import FrameSocket, prepare, read_monitor
from contract.errors import Busy

#: Milliseconds between two attempts to connect: at first, and at most.
RECONNECT_MS: Final = 50
RECONNECT_MAX_MS: Final = 500


class Connection:
    """A client's connection, owned by one thread. Sends never block; open calls are sent again to a new broker."""

    def __init__(self, endpoint: str, context: zmq.Context[Any]) -> None:
        self._context = context
        self.socket: zmq.Socket[bytes] = prepare(context.socket(zmq.DEALER))
        self._frames = FrameSocket(self.socket)
        self.socket.routing_id = os.urandom(16)
        self.socket.reconnect_ivl = RECONNECT_MS
        self.socket.reconnect_ivl_max = RECONNECT_MAX_MS
        self.monitor = self.socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
        self._connected_before = False
        self.socket.connect(endpoint)

    def start(self, calls: OpenCalls, call: OpenCall) -> None:
        """Open a call and send it; settle it with `busy` if the broker takes no more messages."""
        if not self.send(calls.add(call)):
            calls.settle(call.header.id, Busy("the broker accepts no more requests; is it running?"))

    def cancel(self, calls: OpenCalls, request_id: str) -> None:
        """Take a call back if it is still open."""
        message = calls.cancel(request_id)
        if message is not None:
            self.send(message)

    def send(self, message: Frames) -> bool:
        """Send a message. Returns False if the queue of messages to the broker is full."""
        try:
            self._frames.send(message)
        except zmq.Again:
            return False
        return True

    def receive_all(self, calls: OpenCalls) -> None:
        """Read all replies and settle their calls."""
        while self._frames.is_readable():
            again = calls.receive([frame.bytes for frame in self._frames.receive()])
            if again is not None:
                self.send(again)

    def after_monitor(self, calls: OpenCalls) -> None:
        """Send every open call again after a reconnect: the new broker does not know them."""
        while self.monitor.poll(0):
            read_monitor(self.monitor)
            if self._connected_before:
                for message in calls.resend():
                    self.send(message)
            self._connected_before = True

    def close(self) -> None:
        self.socket.disable_monitor()
        self.monitor.close(linger=0)
        self.socket.close(linger=0)
        self._context.term()
