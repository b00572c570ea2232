"""Playlists of Navidrome: those that the caller may see, and adding to one of their own."""

from __future__ import annotations

from aiohttp import web

from gateway.explore.schema import AppendRequest, ListedPlaylists
from gateway.http.body import read
from gateway.http.camel import camel
from gateway.http.middlewares.trace import note
from gateway.http.reply import json_reply
from gateway.keys import NAVIDROME
from gateway.people.caller import caller, renew
from gateway.people.playlists import NativePlaylists, Playlists, left_out, playlists_of
from gateway.people.schema import SavedPlaylist


async def playlists(request: web.Request) -> web.StreamResponse:
    """The playlists that the caller may see, their own first."""
    _, credentials = await caller(request)
    reached = playlists_of(request.app[NAVIDROME], credentials)
    try:
        found = await reached.listed()
    finally:
        _renew(request, reached)
    found.sort(key=lambda each: (not each.own, each.name.casefold(), each.id))
    return json_reply(camel(ListedPlaylists(playlists=found)))


async def append(request: web.Request) -> web.StreamResponse:
    """Add tracks at the end of one of the caller's playlists."""
    _, credentials = await caller(request)
    asked = await read(request, AppendRequest)
    reached = playlists_of(request.app[NAVIDROME], credentials)
    key = request.match_info["id"]
    try:
        before = await reached.read(key)
        await reached.append(key, asked.track_ids)
        after = await reached.read(key)
    finally:
        _renew(request, reached)
    added = list(after.track_ids)[len(before.track_ids) :]
    saved = SavedPlaylist(playlist_id=key, name=after.name, saved=len(added), dropped=left_out(asked.track_ids, added))
    note(request, tracks=saved.saved, dropped=len(saved.dropped))
    return json_reply(camel(saved))


def _renew(request: web.Request, reached: Playlists) -> None:
    if isinstance(reached, NativePlaylists):
        renew(request, reached.token)
