"""A client's DEALER and the monitor that tells when it was connected anew."""

from __future__ import annotations

import uuid
from typing import Any

import zmq

from broker.client_core import Frames, OpenCall, OpenCalls
from broker.sockets import FrameSocket, prepare, read_monitor
from contract.errors import Busy

#: Milliseconds between two attempts to connect, at first and at most.
RECONNECT_MS = 50
RECONNECT_MAX_MS = 500


class Connection:
    """Owned by one thread. Sends never block; open calls are sent again once a broker is back."""

    def __init__(self, endpoint: str, context: zmq.Context[Any]) -> None:
        self._context = context
        self.socket: zmq.Socket[bytes] = prepare(context.socket(zmq.DEALER))
        self._frames = FrameSocket(self.socket)
        self.socket.routing_id = uuid.uuid4().bytes
        self.socket.reconnect_ivl = RECONNECT_MS
        self.socket.reconnect_ivl_max = RECONNECT_MAX_MS
        self.monitor = self.socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
        self._connected_before = False
        self.socket.connect(endpoint)

    def start(self, calls: OpenCalls, call: OpenCall) -> None:
        """Open a call and send it; `busy` where the broker does not take any more."""
        if not self.send(calls.add(call)):
            calls.settle(call.header.id, Busy("the broker does not take more requests; is it running?"))

    def cancel(self, calls: OpenCalls, request_id: str) -> None:
        """Take a call back where it is still open."""
        message = calls.cancel(request_id)
        if message is not None:
            self.send(message)

    def send(self, message: Frames) -> bool:
        """False where as many messages as may wait for the broker do so already."""
        try:
            self._frames.send(message)
        except zmq.Again:
            return False
        return True

    def receive_all(self, calls: OpenCalls) -> None:
        """Settle every call that has been answered."""
        while self._frames.is_readable():
            calls.receive([frame.bytes for frame in self._frames.receive()])

    def after_monitor(self, calls: OpenCalls) -> None:
        """Send every open call again where the connection is a new one: that broker knows nothing of them."""
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
