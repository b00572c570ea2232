"""`GET /api/similar/*`."""

from __future__ import annotations

from aiohttp import web

from contract.people import Kind
from gateway.http.body import query
from gateway.http.camel import camel
from gateway.http.reply import json_reply
from gateway.keys import MESH
from gateway.people.around import similar, similar_artists
from gateway.people.caller import caller
from gateway.people.finding import Finder
from gateway.people.schema import ArtistsQuery, CountQuery


async def track(request: web.Request) -> web.StreamResponse:
    """Tracks like a track."""
    return await _similar(request, "track")


async def album(request: web.Request) -> web.StreamResponse:
    """Tracks like an album."""
    return await _similar(request, "album")


async def artist(request: web.Request) -> web.StreamResponse:
    """An artist's radio; at most a third of the tracks are the artist's own."""
    return await _similar(request, "artist")


async def artists(request: web.Request) -> web.StreamResponse:
    """Artists like an artist."""
    person, _ = await caller(request)
    wanted = query(request, ArtistsQuery)
    finder = Finder(request.app[MESH], person)
    return json_reply(camel(await similar_artists(finder, request.match_info["id"], wanted.count)))


async def _similar(request: web.Request, kind: Kind) -> web.StreamResponse:
    person, _ = await caller(request)
    wanted = query(request, CountQuery)
    finder = Finder(request.app[MESH], person)
    return json_reply(camel(await similar(finder, kind, request.match_info["id"], wanted.count)))
