"""The event channel as its users see it: publish, and subscribe from a thread or an event loop.

An event is two frames: its topic and a msgpack map with `ts` (unix s), `source` and `seq`.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import zmq

from broker.sockets import HIGH_WATER_MARK, prepare
from broker.wire import WireError, pack_map, unpack_map

#: Milliseconds that a closing publisher waits for its last events to leave.
LINGER_MS = 200

Event = dict[str, Any]
Received = tuple[str, Event]


class EventPublisher:
    """Publishes events of one source from any thread. Never blocks: with no broker for long, events are lost."""

    def __init__(self, endpoint: str, source: str, context: zmq.Context[Any] | None = None) -> None:
        self._owns_context = context is None
        self._context: zmq.Context[Any] = zmq.Context() if context is None else context
        self._socket: zmq.Socket[bytes] = prepare(self._context.socket(zmq.PUSH))
        self._socket.connect(endpoint)
        self._source = source
        self._numbers = count(1)
        self._lock = threading.Lock()
        #: Events that could not be handed over.
        self.lost = 0

    def publish(self, topic: str, fields: Mapping[str, Any]) -> None:
        """Send one event; `fields` must fit into msgpack."""
        with self._lock:
            event = {**fields, "ts": time.time(), "source": self._source, "seq": next(self._numbers)}
            frames = [topic.encode(), pack_map(event)]
            if self._socket.closed:
                self.lost += 1
                return
            try:
                self._socket.send_multipart(frames, zmq.NOBLOCK)
            except zmq.Again:
                self.lost += 1

    def close(self) -> None:
        """Hand over what waits, for a moment at most."""
        with self._lock:
            if not self._socket.closed:
                self._socket.close(linger=LINGER_MS)
        if self._owns_context:
            self._context.term()


class _Inbox:
    """A SUB socket and what it has seen. The channel may repeat the last value of a topic: repeats are dropped."""

    def __init__(self, endpoint: str, topics: Sequence[str], high_water_mark: int) -> None:
        self._context: zmq.Context[Any] = zmq.Context()
        self.socket: zmq.Socket[bytes] = prepare(self._context.socket(zmq.SUB))
        self.socket.rcvhwm = high_water_mark
        for topic in topics:
            self.socket.subscribe(topic.encode())
        self.socket.connect(endpoint)
        self._last: dict[str, tuple[Any, ...]] = {}

    def take(self) -> Received | None:
        """The next new event; None where none waits."""
        while True:
            try:
                frames = self.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return None
            received = _decode(frames)
            if received is not None and self._is_new(*received):
                return received

    def _is_new(self, topic: str, event: Event) -> bool:
        mark = (event.get("source"), event.get("seq"), event.get("ts"))
        is_new = self._last.get(topic) != mark
        self._last[topic] = mark
        return is_new

    def close(self) -> None:
        self.socket.close(linger=0)
        self._context.term()


def _decode(frames: Sequence[bytes]) -> Received | None:
    try:
        topic, body = frames
        return topic.decode(), unpack_map(body)
    except (ValueError, WireError):
        return None


class EventSubscriber:
    """Events of the topics that begin with one of `topics`. Belongs to one thread.

    `high_water_mark`: events that may wait to be read; beyond that they are lost.
    """

    def __init__(self, endpoint: str, topics: Sequence[str] = ("",), high_water_mark: int = HIGH_WATER_MARK) -> None:
        self._inbox = _Inbox(endpoint, topics, high_water_mark)

    def receive(self, timeout: float | None = None) -> Received | None:
        """The next event, or None after `timeout` seconds (None: wait for ever)."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            received = self._inbox.take()
            if received is not None:
                return received
            left = None if end is None else max(0.0, end - time.monotonic())
            if not self._inbox.socket.poll(None if left is None else int(left * 1000) + 1) and left is not None:
                return None

    def __iter__(self) -> Iterator[Received]:
        while True:
            received = self.receive()
            if received is not None:
                yield received

    def close(self) -> None:
        self._inbox.close()


class AsyncEventSubscriber:
    """As `EventSubscriber`, for one event loop: `async for topic, event in subscriber`."""

    def __init__(self, endpoint: str, topics: Sequence[str] = ("",), high_water_mark: int = HIGH_WATER_MARK) -> None:
        self._inbox = _Inbox(endpoint, topics, high_water_mark)
        self._closed = False

    def __aiter__(self) -> AsyncIterator[Received]:
        return self

    async def __anext__(self) -> Received:
        while not self._closed:
            received = self._inbox.take()
            if received is not None:
                return received
            await self._readable()
        raise StopAsyncIteration

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        descriptor = self._inbox.socket.FD
        loop.add_reader(descriptor, readable.set)
        try:
            if not self._inbox.socket.poll(0):
                await readable.wait()
        finally:
            loop.remove_reader(descriptor)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._inbox.close()
