"""`GET /api/tracks/{id}/features`."""

from __future__ import annotations

from aiohttp import web

from contract.errors import NotFound
from contract.library import AsyncLibraryClient, TracksRequest
from contract.message import common
from gateway.http.camel import camel
from gateway.http.reply import json_reply
from gateway.keys import MESH
from gateway.people.caller import caller
from gateway.people.finding import LIBRARY_SECONDS, Finder
from gateway.people.schema import Features, SoundFactsOf


async def features(request: web.Request) -> web.StreamResponse:
    """The labels of a track and the facts about its sound."""
    person, _ = await caller(request)
    mesh, track_id = request.app[MESH], request.match_info["id"]
    seen = await Finder(mesh, person).named([track_id])
    if not seen:
        raise NotFound(f"no track that you may see has the id {track_id!r}")
    wanted = TracksRequest(track_ids=[track_id])
    found = (await AsyncLibraryClient(mesh).labels(wanted, timeout=LIBRARY_SECONDS)).tracks
    if not found:
        raise NotFound(f"the track {track_id!r} is not in the mesh's catalogue yet")
    facts = common(found[0].facts, SoundFactsOf)
    return json_reply(camel(Features(track_id=track_id, labels=found[0].labels, facts=facts)))
