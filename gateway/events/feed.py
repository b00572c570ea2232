"""The event channel for browsers: one subscription per process, shared by any number of listeners."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import orjson

from contract.event import Event
from contract.events import read_event

#: Events queued for a listener before it is dropped; when it reconnects, it gets the last values.
MAX_WAITING: Final = 256
#: Topics whose last value is kept; the contract has ten.
MAX_TOPICS: Final = 256

#: Events kept for listeners that come back, and the most of them that one is sent: more is no better than the present.
MAX_KEPT: Final = 2_000
MAX_RESUMED: Final = MAX_WAITING // 2

#: An event as it arrived, with its stamp, on any topic.
Fields = Mapping[str, Any]
#: Receives every event of a type that the contract knows.
Observer = Callable[[Event], None]


class Listener:
    """One open stream: a bounded queue of ready-made chunks; None ends the stream."""

    def __init__(self, topics: tuple[str, ...]) -> None:
        self.topics = topics
        #: The person who listens; "" if that does not matter.
        self.person = ""
        #: Whether it goes on after the last event that it had.
        self.resumed = False
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


@dataclass(frozen=True, slots=True)
class Kept:
    """An event that was published: what it was, and the chunk that was sent."""

    topic: str
    identity: str
    fields: Fields
    chunk: bytes


class Feed:
    """Sends events to all listeners and keeps the last value of each topic for new ones."""

    def __init__(self, observers: Sequence[Observer] = ()) -> None:
        self._observers = observers
        self._last: OrderedDict[str, bytes] = OrderedDict()
        self._kept: deque[Kept] = deque(maxlen=MAX_KEPT)
        self._listeners: set[Listener] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._listeners)

    def of(self, person: str) -> int:
        """Return how many streams of a person are open."""
        return sum(listener.person == person for listener in self._listeners)

    async def follow(self, events: AsyncIterable[tuple[str, Fields]]) -> None:
        """Publish every event that arrives, until cancelled."""
        async for topic, fields in events:
            self.publish(topic, fields)

    def publish(self, topic: str, fields: Fields) -> None:
        """Send an event to every listener that wants the topic; drop listeners whose queue is full."""
        chunk = encode(topic, fields)
        self._kept.append(Kept(topic, identity(fields), fields, chunk))
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

    def join(self, topics: Iterable[str], after: str = "") -> Listener:
        """Add a listener, with the last value of each of its topics already queued.

        `after`: the id of the last event that it had; if all since then are known, they are queued instead.
        """
        listener = Listener(tuple(topics) or ("",))
        missed = self._since(listener, after) if after else None
        listener.resumed = missed is not None
        for chunk in self._present(listener) if missed is None else missed:
            listener.offer(chunk)
        if self._closed:
            listener.queue.put_nowait(None)
        self._listeners.add(listener)
        return listener

    def _present(self, listener: Listener) -> list[bytes]:
        return [chunk for topic, chunk in self._last.items() if listener.wants(topic)]

    def _since(self, listener: Listener, after: str) -> list[bytes] | None:
        """Return what the listener missed; None if that is not known, or too much."""
        missed: list[bytes] = []
        for kept in reversed(self._kept):
            if kept.identity == after:
                return missed[::-1]
            if listener.wants(kept.topic):
                missed.append(kept.chunk)
                if len(missed) > MAX_RESUMED:
                    return None
        return None

    def recent(self, most: int) -> list[Kept]:
        """Return the last events, oldest first."""
        return list(islice(self._kept, max(0, len(self._kept) - most), None))

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


def identity(fields: Fields) -> str:
    """Return an event's id, `source:seq`: the same in every gateway, and gaps are visible."""
    return _one_line(f"{fields.get('source', '')}:{fields.get('seq', '')}")


def encode(topic: str, fields: Fields) -> bytes:
    """Encode one event of `text/event-stream`."""
    return f"id: {identity(fields)}\n".encode() + named(topic, fields)


def named(topic: str, fields: Fields) -> bytes:
    """Encode an event without an id, which changes nothing about where a listener goes on."""
    data = orjson.dumps(fields, default=str, option=orjson.OPT_NON_STR_KEYS)
    return b"event: %s\ndata: %s\n\n" % (_one_line(topic).encode(), data)


def _one_line(text: str) -> str:
    """Replace line breaks: one would end the field and let a publisher forge another."""
    return "".join(c if c.isprintable() else "?" for c in text)
