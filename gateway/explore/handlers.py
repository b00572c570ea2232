"""Search for what to start from, lists made from it, and the list as a file."""

from __future__ import annotations

from aiohttp import web

from contract.message import common
from contract.playlist_file import as_m3u
from gateway.explore.listing import list_for
from gateway.explore.schema import ExploreQuery, Finds, ListRequest, M3uRequest, Seen, SeenAlbum, SeenGroup
from gateway.http.body import query, read
from gateway.http.camel import camel
from gateway.http.middlewares.trace import note
from gateway.http.reply import json_reply
from gateway.keys import EXAMPLES, MESH, MODEL_DIRECTORY, SETTINGS, TEXT_MODELS, TEXTS
from gateway.people.caller import caller
from gateway.people.finding import Finder
from gateway.people.lists import PersonLists


async def explore(request: web.Request) -> web.StreamResponse:
    """Tracks, albums, artists and genres that the caller may see, by words; examples without any."""
    person, _ = await caller(request)
    asked = query(request, ExploreQuery)
    text = asked.q.strip()
    found = await Finder(request.app[MESH], person).browse(text, asked.limit)
    examples = request.app[EXAMPLES]
    words = await examples.words()
    answer = Finds(
        query=text,
        tracks=[common(track, Seen) for track in found.tracks],
        albums=[common(album, SeenAlbum) for album in found.albums],
        artists=[common(artist, SeenGroup) for artist in found.artists] if text else [],
        genres=[common(genre, SeenGroup) for genre in found.genres] if text else [],
        words=words,
        examples=[] if text else await examples.examples(found, words),
    )
    return json_reply(camel(answer))


async def make_list(request: web.Request) -> web.StreamResponse:
    """A list from chips; some rows may be locked in place or excluded."""
    person, _ = await caller(request)
    wish = await read(request, ListRequest)
    app = request.app
    lists = PersonLists(app[MESH], app[MODEL_DIRECTORY], app[TEXTS], app[TEXT_MODELS], app[SETTINGS])
    answer = await list_for(Finder(app[MESH], person), lists, wish)
    note(request, tracks=len(answer.rows), warnings=len(answer.warnings))
    return json_reply(camel(answer))


async def m3u(request: web.Request) -> web.StreamResponse:
    """A list as an M3U file, with the paths of its tracks below their libraries."""
    person, _ = await caller(request)
    asked = await read(request, M3uRequest)
    finder = Finder(request.app[MESH], person)
    tracks, files = await finder.named(asked.track_ids), await finder.files(asked.track_ids)
    rows = [
        {"title": track.title, "artist": track.artist, "duration": track.duration, "path": files.get(track.id)}
        for track in tracks
    ]
    text, _ = as_m3u(rows, asked.name)
    return web.Response(
        body=text.encode("utf-8", "replace"),
        content_type="audio/x-mpegurl",
        charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="list.m3u8"'},
    )
