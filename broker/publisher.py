"""Publishes events; separate from subscribing, so that the broker's process needs no event loop."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, Final

import zmq

from broker.sockets import prepare
from broker.wire import pack_map
from contract.event import Event
from contract.message import fields_of

#: Milliseconds that a closing publisher waits for its last events to leave.
LINGER_MS: Final = 200
#: Third frame of an event that was published before.
REPEATED: Final = b"\x01"


class EventPublisher:
    """Publishes events of one source from any thread. Never blocks: if the broker is away for long, events are lost."""

    def __init__(self, endpoint: str, source: str, context: zmq.Context[Any] | None = None) -> None:
        self._owns_context = context is None
        self._context: zmq.Context[Any] = zmq.Context() if context is None else context
        self._socket: zmq.Socket[bytes] = prepare(self._context.socket(zmq.PUSH))
        self._socket.connect(endpoint)
        self._source = source
        self._numbers = count(1)
        #: The last event of each topic, for a broker that has forgotten them.
        self._last: dict[str, list[bytes]] = {}
        self._lock = threading.Lock()
        #: Number of events lost.
        self.lost = 0

    def tell(self, event: Event) -> None:
        """Send one event to all subscribers of its topic."""
        self.publish(event.topic, fields_of(event))

    def publish(self, topic: str, fields: Mapping[str, Any]) -> None:
        """Send one event of any topic; msgpack must be able to pack `fields`."""
        with self._lock:
            event = {**fields, "ts": time.time(), "source": self._source, "seq": next(self._numbers)}
            frames = [topic.encode(), pack_map(event)]
            self._last[topic] = frames
            self._send(frames)

    def repeat(self) -> None:
        """Send the last event of each topic again, marked as repeated: the broker is new and has none."""
        with self._lock:
            for frames in self._last.values():
                self._send([*frames, REPEATED])

    def _send(self, frames: Sequence[bytes]) -> None:
        if self._socket.closed:
            self.lost += 1
            return
        try:
            self._socket.send_multipart(frames, zmq.NOBLOCK)
        except zmq.Again:
            self.lost += 1

    def close(self) -> None:
        """Send waiting events, for at most `LINGER_MS`, and close."""
        with self._lock:
            if not self._socket.closed:
                self._socket.close(linger=LINGER_MS)
        if self._owns_context:
            self._context.term()
