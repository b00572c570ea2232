"""`GET /events`: the event channel as server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from aiohttp import web

from contract.errors import Busy
from gateway.events.feed import Listener
from gateway.keys import FEED, SETTINGS

#: Seconds without an event before a keep-alive comment; proxies cut idle streams after 30 or 60.
KEEP_ALIVE_SECONDS: Final = 15.0
#: Milliseconds after which a browser reconnects.
RETRY_MS: Final = 2000


#: Sent by a browser that reconnects.
LAST_ID: Final = "Last-Event-ID"


async def events(request: web.Request) -> web.StreamResponse:
    """Stream events, from Last-Event-ID on or from the last value of each topic; `?topics=batch.,model.` filters."""
    feed = request.app[FEED]
    if len(feed) >= request.app[SETTINGS].event_clients:
        raise Busy(f"{len(feed)} listeners are already connected (SONICMESH_EVENT_CLIENTS)", {"retry_after": 5})
    topics = [topic.strip() for topic in request.query.get("topics", "").split(",") if topic.strip()]
    response = web.StreamResponse(headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
    response.content_type, response.charset = "text/event-stream", "utf-8"
    listener = feed.join(topics, request.headers.get(LAST_ID, ""))
    listener.drop = lambda: request.transport.abort() if request.transport else None
    try:
        await response.prepare(request)
        await response.write(b"retry: %d\n\n" % RETRY_MS)
        with contextlib.suppress(ConnectionError):  # the client left, or was dropped
            await _stream(response, listener)
    finally:
        feed.leave(listener)
    return response


async def _stream(response: web.StreamResponse, listener: Listener) -> None:
    while True:
        try:
            chunk = await asyncio.wait_for(listener.queue.get(), KEEP_ALIVE_SECONDS)
        except TimeoutError:
            chunk = b": keep-alive\n\n"
        if chunk is None:
            return
        await response.write(chunk)
