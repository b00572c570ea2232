"""`GET /api/path`."""

from __future__ import annotations

from aiohttp import web

from gateway.http.body import query
from gateway.http.camel import camel
from gateway.http.reply import json_reply
from gateway.keys import MESH
from gateway.people.around import path as find_path
from gateway.people.caller import caller
from gateway.people.finding import Finder
from gateway.people.schema import PathQuery


async def path(request: web.Request) -> web.StreamResponse:
    """A path from one track to another, each step close to the last."""
    person, _ = await caller(request)
    wanted = query(request, PathQuery)
    steps = await find_path(Finder(request.app[MESH], person), wanted.start, wanted.end, wanted.count)
    return json_reply(camel(steps))
