"""The event channel: publishers push events in, subscribers receive them, and new ones get each topic's last value.

Publishers are PUSH sockets, so events wait for a restarting broker instead of vanishing; subscribers are plain SUB
sockets on an XPUB.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any, Final

import zmq

from broker.publisher import REPEATED
from broker.sockets import prepare
from broker.wire import MAX_HEADER_BYTES, WireError, unpack_map

log = logging.getLogger(__name__)

#: Where this process publishes its own events and stops the channel.
INSIDE: Final = "inproc://events-inside"
CONTROL: Final = "inproc://events-control"
#: Most topics whose last value is kept, and the longest name of a topic in bytes.
MAX_TOPICS: Final = 1000
MAX_TOPIC_BYTES: Final = 255
#: Messages read from one socket before the other gets a turn.
DRAIN: Final = 100
#: Most events that wait for a slow subscriber; it misses the rest.
SUBSCRIBER_BACKLOG: Final = 1000
#: Largest event, in bytes.
MAX_EVENT_BYTES: Final = 64 * MAX_HEADER_BYTES


class EventChannel:
    """The event channel; runs in its own thread from `start` to `stop`."""

    def __init__(self, context: zmq.Context[Any], publish: str, subscribe: str) -> None:
        self._inward: zmq.Socket[bytes] = prepare(context.socket(zmq.PULL))
        self._inward.maxmsgsize = MAX_EVENT_BYTES
        self._outward: zmq.Socket[bytes] = prepare(context.socket(zmq.XPUB))
        self._outward.sndhwm = SUBSCRIBER_BACKLOG
        self._outward.xpub_manual = 1
        self._control: zmq.Socket[bytes] = context.socket(zmq.PAIR)
        self._switch: zmq.Socket[bytes] = context.socket(zmq.PAIR)
        self._last: dict[bytes, bytes] = {}
        self._thread = threading.Thread(target=self._run, name="event-channel", daemon=True)
        self._control.bind(CONTROL)
        self._switch.connect(CONTROL)
        self._inward.bind(INSIDE)
        self._inward.bind(publish)
        self._outward.bind(subscribe)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close its sockets."""
        self._switch.send(b"")
        self._thread.join()
        self._switch.close(linger=0)

    def _run(self) -> None:
        poller = zmq.Poller()
        for readable in (self._inward, self._outward, self._control):
            poller.register(readable, zmq.POLLIN)
        while True:
            ready = dict(poller.poll())
            if self._outward in ready:
                self._welcome()
            if self._inward in ready:
                self._forward()
            if self._control in ready:
                break
        for readable in (self._inward, self._outward, self._control):
            readable.close(linger=0)

    def _forward(self) -> None:
        """Forward events; drop other messages."""
        try:
            for _ in range(DRAIN):
                frames = self._inward.recv_multipart(zmq.NOBLOCK)
                if len(frames) not in (2, 3) or not 0 < len(frames[0]) <= MAX_TOPIC_BYTES:
                    continue
                if len(frames) == 3 and not self._is_missing(frames.pop(), frames):
                    continue
                topic, body = frames
                if topic in self._last or len(self._last) < MAX_TOPICS:
                    self._last[topic] = body
                self._outward.send_multipart(frames)
        except zmq.Again:
            return

    def _is_missing(self, mark: bytes, frames: Sequence[bytes]) -> bool:
        """Returns whether a repeated event is newer than its topic's last value, or the first one.

        Publishers repeat their last events to a broker that has restarted.
        """
        topic, body = frames
        last = self._last.get(topic)
        return mark == REPEATED and (last is None or _published_at(body) > _published_at(last))

    def _welcome(self) -> None:
        """Accept subscriptions and answer each with the last values of its topics.

        The first value goes to the new subscriber alone. If its prefix covers several topics, the others go to all
        their subscribers; a repeat has the `source` and `seq` of the original event, so our subscribers drop it.
        """
        try:
            for _ in range(DRAIN):
                message = self._outward.recv(zmq.NOBLOCK)
                wanted, prefix = message[:1] == b"\x01", message[1:]
                if not wanted:
                    self._outward.setsockopt(zmq.UNSUBSCRIBE, prefix)
                    continue
                self._outward.setsockopt(zmq.SUBSCRIBE, prefix)
                self._repeat([topic for topic in self._last if topic.startswith(prefix)])
        except zmq.Again:
            return

    def _repeat(self, topics: Sequence[bytes]) -> None:
        """Send last values to the newest subscriber.

        Sets the socket option only for that long: while it is set, libzmq sends the next message to the newest
        subscriber alone. Without a last value, that would be the next event, and all others would miss it.
        """
        if not topics:
            return
        self._outward.xpub_manual_last_value = 1
        for topic in topics:
            self._outward.send_multipart([topic, self._last[topic]])
        self._outward.xpub_manual_last_value = 0
        self._outward.xpub_manual = 1


def _published_at(body: bytes) -> float:
    """Returns when an event was published, in unix seconds; 0 if it does not say so."""
    try:
        at = unpack_map(body, MAX_EVENT_BYTES).get("ts")
    except WireError:
        return 0.0
    return float(at) if isinstance(at, int | float) else 0.0
