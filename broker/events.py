"""The user's side of the event channel: publish, and subscribe from a thread or an event loop.

An event is two frames: its topic and a msgpack map with `ts` (unix seconds), `source` and `seq`.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Final

import zmq

from broker.publisher import EventPublisher
from broker.sockets import HIGH_WATER_MARK, prepare
from broker.wire import WireError, unpack_map
from contract.shallow import is_shallow

__all__ = ["AsyncEventSubscriber", "Event", "EventPublisher", "EventSubscriber"]

#: Deepest nesting of maps and lists in an event.
MAX_EVENT_DEPTH: Final = 8
#: Most pairs of topic and source whose last event a subscriber remembers.
MAX_SOURCES: Final = 10_000

Event = dict[str, Any]
Received = tuple[str, Event]


class _Inbox:
    """A SUB socket that drops repeats: the channel may repeat a topic's last value."""

    def __init__(self, endpoint: str, topics: Sequence[str], high_water_mark: int) -> None:
        self._context: zmq.Context[Any] = zmq.Context()
        self.socket: zmq.Socket[bytes] = prepare(self._context.socket(zmq.SUB))
        self.socket.rcvhwm = high_water_mark
        for topic in topics:
            self.socket.subscribe(topic.encode())
        self.socket.connect(endpoint)
        #: `seq` and `ts` of the last event of each topic and source.
        self._last: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def take(self) -> Received | None:
        """Returns the next new event, or None if none waits."""
        while True:
            try:
                frames = self.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return None
            received = decode_event(frames)
            if received is not None and self._is_new(*received):
                return received

    def _is_new(self, topic: str, event: Event) -> bool:
        key, mark = (topic, event["source"]), (event["seq"], event["ts"])
        is_new = self._last.get(key) != mark
        self._last[key] = mark
        if len(self._last) > MAX_SOURCES:
            self._last.popitem(last=False)
        return is_new

    def close(self) -> None:
        self.socket.close(linger=0)
        self._context.term()


def decode_event(frames: Sequence[bytes]) -> Received | None:
    """Returns a message's topic and event, or None if it is malformed: any process may publish."""
    try:
        topic, body = frames
        name, event = topic.decode(), unpack_map(body)
    except (ValueError, WireError):
        return None
    return (name, event) if name.isprintable() and _is_event(event) else None


def _is_event(event: Event) -> bool:
    ts, source, seq = event.get("ts"), event.get("source"), event.get("seq")
    if not isinstance(ts, float | int) or not math.isfinite(ts) or not isinstance(source, str) or type(seq) is not int:
        return False
    return is_shallow(event, MAX_EVENT_DEPTH)


class EventSubscriber:
    """Receives events of the topics that begin with one of `topics`. Belongs to one thread.

    `high_water_mark`: events that may wait to be read; further ones are lost.
    """

    def __init__(self, endpoint: str, topics: Sequence[str] = ("",), high_water_mark: int = HIGH_WATER_MARK) -> None:
        self._inbox = _Inbox(endpoint, topics, high_water_mark)

    def receive(self, timeout: float | None = None) -> Received | None:
        """Returns the next event, or None after `timeout` seconds (None: wait forever)."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            received = self._inbox.take()
            if received is not None:
                return received
            remaining = None if end is None else max(0.0, end - time.monotonic())
            if (
                not self._inbox.socket.poll(None if remaining is None else int(remaining * 1000) + 1)
                and remaining is not None
            ):
                return None

    def __iter__(self) -> Iterator[Received]:
        while True:
            received = self.receive()
            if received is not None:
                yield received

    def close(self) -> None:
        self._inbox.close()


class AsyncEventSubscriber:
    """Like `EventSubscriber`, for one event loop: `async for topic, event in subscriber`."""

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
