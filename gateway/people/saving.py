"""`POST /api/recommendations/save`."""

from __future__ import annotations

from aiohttp import web

from gateway.http.body import read
from gateway.http.camel import camel
from gateway.http.middlewares.trace import note
from gateway.http.reply import json_reply
from gateway.keys import NAVIDROME
from gateway.people.caller import caller, renew
from gateway.people.playlists import Content, NativePlaylists, playlists_of, save
from gateway.people.schema import SaveRequest


async def save_playlist(request: web.Request) -> web.StreamResponse:
    """Save a list as a playlist in Navidrome, for the caller."""
    _, credentials = await caller(request)
    body = await read(request, SaveRequest)
    playlists = playlists_of(request.app[NAVIDROME], credentials)
    wanted = Content(body.name, body.track_ids, body.comment, body.public)
    try:
        saved = await save(playlists, wanted, body.playlist_id)
    finally:
        if isinstance(playlists, NativePlaylists):
            renew(request, playlists.token)
    note(request, tracks=saved.saved, dropped=len(saved.dropped))
    return json_reply(camel(saved))
