"""The event channel for browsers: one subscription per process, shared by any number of listeners."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import orjson

from contract.event import Event
from contract.events import read_event

#: Events queued for a listener before it is dropped; when it reconnects, it gets the last values.
MAX_WAITING: Final = 256
#: Topics whose last value is kept; the contract has ten.
MAX_TOPICS: Final = 256

#: An event as it arrived, with its stamp, on any topic.
Fields = Mapping[str, Any]
#: Receives every event of a type that the contract knows.
Observer = Callable[[Event], None]


class Listener:
    """One open stream: a bounded queue of ready-made chunks; None ends the stream."""

    def __init__(self, topics: tuple[str, ...]) -> None:
        self.topics = topics
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(MAX_WAITING)
        #: Called once, when the listener reads too slowly.
        self.drop: Callable[[], None] = lambda: None

    def wants(self, topic: str) -> bool:
        """Return whether the listener subscribed to `topic`; prefixes match, as on the event channel itself."""
        return topic.startswith(self.topics)

    def offer(self, chunk: bytes) -> bool:
        """Queue `chunk` and return True, or return False if the queue is full: then drop the listener."""
        try:
            self.queue.put_nowait(chunk)
        except asyncio.QueueFull:
            return False
        return True


class Feed:
    """Sends events to all listeners and keeps the last value of each topic for new ones."""

    def __init__(self, observers: Sequence[Observer] = ()) -> None:
        self._observers = observers
        self._last: OrderedDict[str, bytes] = OrderedDict()
        self._listeners: set[Listener] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._listeners)

    async def follow(self, events: AsyncIterable[tuple[str, Fields]]) -> None:
        """Publish every event that arrives, until cancelled."""
        async for topic, fields in events:
            self.publish(topic, fields)

    def publish(self, topic: str, fields: Fields) -> None:
        """Send an event to every listener that wants the topic; drop listeners whose queue is full."""
        chunk = encode(topic, fields)
        self._last[topic] = chunk
        self._last.move_to_end(topic)
        if len(self._last) > MAX_TOPICS:
            self._last.popitem(last=False)
        self._observe(topic, fields)
        for listener in [each for each in self._listeners if each.wants(topic)]:
            if not listener.offer(chunk):
                self.leave(listener)
                listener.drop()

    def _observe(self, topic: str, fields: Fields) -> None:
        event = read_event(topic, fields) if self._observers else None
        if event is not None:
            for observe in self._observers:
                observe(event)

    def join(self, topics: Iterable[str]) -> Listener:
        """Add a listener, with the last value of each of its topics already queued."""
        listener = Listener(tuple(topics) or ("",))
        for topic, chunk in self._last.items():
            if listener.wants(topic):
                listener.offer(chunk)
        if self._closed:
            listener.queue.put_nowait(None)
        self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    def close(self) -> None:
        """End every stream after its queued events; drop listeners whose queue is full."""
        self._closed = True
        for listener in list(self._listeners):
            try:
                listener.queue.put_nowait(None)
            except asyncio.QueueFull:
                listener.drop()


def encode(topic: str, fields: Fields) -> bytes:
    """Encode one event of `text/event-stream`; the id is `source:seq`, which makes gaps visible."""
    data = orjson.dumps(fields, default=str, option=orjson.OPT_NON_STR_KEYS)
    identity = _one_line(f"{fields.get('source', '')}:{fields.get('seq', '')}")
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (identity, _one_line(topic), data)


def _one_line(text: str) -> bytes:
    """Replace line breaks: one would end the field and let a publisher forge another."""
    return "".join(c if c.isprintable() else "?" for c in text).encode()
