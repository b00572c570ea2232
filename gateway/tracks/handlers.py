"""`GET /tracks`: finds tracks of the library for people."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from contract.errors import InvalidRequest
from contract.library import AsyncLibraryClient, FindRequest, TracksRequest
from gateway.http.body import query
from gateway.http.reply import json_reply
from gateway.keys import MESH
from gateway.tracks.schema import MAX_ASKED, TracksQuery

#: Seconds that the library may take.
TIMEOUT_SECONDS: Final = 5.0


async def find(request: web.Request) -> web.StreamResponse:
    """Find tracks by words, path or ids."""
    wanted = query(request, TracksQuery)
    ids = [each for each in wanted.ids.split(",") if each]
    if len(ids) > MAX_ASKED:
        raise InvalidRequest(f"ids: at most {MAX_ASKED} at once", {"field": "ids", "reason": "too many"})
    library = AsyncLibraryClient(request.app[MESH])
    if ids:
        reply = await library.tracks(TracksRequest(track_ids=ids), timeout=TIMEOUT_SECONDS)
    elif wanted.q.strip():
        reply = await library.find(FindRequest(query=wanted.q, limit=wanted.limit), timeout=TIMEOUT_SECONDS)
    else:
        raise InvalidRequest("q: say what to look for, or pass ids", {"field": "q", "reason": "empty"})
    return json_reply(reply)
