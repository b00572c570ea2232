"""`GET /api/recommendations/events`: events for the console, limited to those that the caller may see."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Final

from aiohttp import web

from contract.errors import Busy, Forbidden, Unauthorized
from contract.events import LibraryChanged
from gateway.events.feed import Listener, named
from gateway.events.handlers import LAST_ID, RETRY_MS
from gateway.keys import FEED, SETTINGS, STARTED
from gateway.people.caller import caller
from gateway.session.roles import operator_access
from gateway.version import VERSION

#: Topics for people who are not admins: the progress of jobs shows tracks of others.
FOR_EVERYBODY: Final = (LibraryChanged.topic,)
#: Streams that somebody who runs nothing may have open: nobody may take them all.
MAX_OF_PERSON: Final = 10
#: The beginning of no topic.
NONE: Final = "\0"
#: Seconds between two beats, which tell a page that it is up to date.
BEAT: Final = 5.0
#: Seconds after which a stream ends, so that somebody who has signed out elsewhere stops receiving events.
LONGEST: Final = 600.0


async def events(request: web.Request) -> web.StreamResponse:
    """Stream events that the caller may see, from Last-Event-ID on; `beat` every 5 s; ends after ten minutes."""
    feed = request.app[FEED]
    topics, person = await _topics(request)
    if person and feed.of(person) >= MAX_OF_PERSON:
        raise Busy(f"{MAX_OF_PERSON} event streams of yours are open already", {"retry_after": 5})
    if len(feed) >= request.app[SETTINGS].event_clients:
        raise Busy(f"{len(feed)} listeners are connected already (SONICMESH_EVENT_CLIENTS)", {"retry_after": 5})
    response = web.StreamResponse(headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
    response.content_type, response.charset = "text/event-stream", "utf-8"
    listener = feed.join(topics, request.headers.get(LAST_ID, ""))
    listener.person = person
    listener.drop = lambda: request.transport.abort() if request.transport else None
    hello = {
        "resumed": listener.resumed,
        "started_at": request.app[STARTED],
        "version": VERSION,
        "ts": time.time(),
    }
    try:
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):  # the page left, or was dropped
            await response.write(b"retry: %d\n\n" % RETRY_MS + named("hello", hello))
            reason = await _stream(response, listener)
            await response.write(named("bye", {"reason": reason}))
    finally:
        feed.leave(listener)
    return response


async def _topics(request: web.Request) -> tuple[Sequence[str], str]:
    """Return the beginnings of the topics, and the name of a person who runs nothing, else ""."""
    asked = [topic.strip() for topic in request.query.get("topics", "").split(",") if topic.strip()]
    try:
        await operator_access(request)
    except (Forbidden, Unauthorized):
        person, _ = await caller(request)
        allowed = [topic for topic in FOR_EVERYBODY if topic.startswith(tuple(asked) or ("",))]
        return allowed or [NONE], person.user_name
    return asked, ""


async def _stream(response: web.StreamResponse, listener: Listener) -> str:
    """Send events; return why the stream ends."""
    loop = asyncio.get_running_loop()
    over = loop.time() + LONGEST
    beat_at = loop.time() + BEAT
    while loop.time() < over:
        try:
            async with asyncio.timeout_at(beat_at):
                chunk = await listener.queue.get()
        except TimeoutError:
            beat_at = loop.time() + BEAT
            chunk = named("beat", {"ts": time.time()})
        if chunk is None:
            return "stopping"
        await response.write(chunk)
    return "session"
