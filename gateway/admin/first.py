"""The end of the first run: the first playlist, and the plugin to download."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aiohttp import web

from contract.library import AsyncLibraryClient, TracksRequest
from contract.message import Nothing, plain
from contract.search import AsyncSearchClient, PageRequest, RecommendRequest, Seed
from contract.setup import FirstList, SetupPlugin
from contract.track import Track
from gateway.batch.handlers import TIMEOUT_SECONDS
from gateway.http.reply import json_reply
from gateway.keys import MESH
from gateway.mesh import MeshConnection
from gateway.setup.command import ask

#: Tracks of the first playlist.
TRACKS: Final = 10
#: Rows among which to look for a track that the library still has.
ROWS: Final = 50
#: Seconds to look for the plugin's file.
SECONDS: Final = 40.0
#: The file's name in Navidrome's folder.
PLUGIN: Final = "sonicmesh.ndp"


async def first_list(request: web.Request) -> web.StreamResponse:
    """A track that has been heard, and what sounds like it; `seed` is null until there is one."""
    mesh = request.app[MESH]
    seed = await _heard(mesh)
    if seed is None:
        return json_reply(plain(FirstList(seed=None, tracks=[])))
    wanted = RecommendRequest(limit=TRACKS, seeds=[Seed(track_id=seed.id, source="first")])
    found = await AsyncSearchClient(mesh).recommend(wanted, timeout=TIMEOUT_SECONDS)
    tracks = await _tracks(mesh, [each.track_id for each in found.tracks])
    return json_reply(plain(FirstList(seed=seed, tracks=tracks)))


async def _heard(mesh: MeshConnection) -> Track | None:
    """Return a track with a vector that is in the library now: those of the demo library may still be in the store."""
    search = AsyncSearchClient(mesh)
    gone = frozenset((await AsyncLibraryClient(mesh).missing(Nothing(), timeout=TIMEOUT_SECONDS)).track_ids)
    models = (await search.status(Nothing(), timeout=TIMEOUT_SECONDS)).models
    for model in sorted(models, key=lambda name: models[name].count, reverse=True):
        after = None
        while True:
            page = await search.scan(PageRequest(model=model, after=after, limit=ROWS), timeout=TIMEOUT_SECONDS)
            tracks = await _tracks(mesh, [row.track_id for row in page.rows if row.track_id not in gone])
            if tracks:
                return tracks[0]
            if page.next is None:
                break
            after = page.next
    return None


async def _tracks(mesh: MeshConnection, track_ids: Sequence[str]) -> list[Track]:
    if not track_ids:
        return []
    wanted = TracksRequest(track_ids=list(track_ids))
    found = await AsyncLibraryClient(mesh).tracks(wanted, timeout=TIMEOUT_SECONDS)
    by_id = {track.id: track for track in found.tracks}
    return [by_id[track_id] for track_id in track_ids if track_id in by_id]


async def plugin(_request: web.Request) -> web.StreamResponse:
    """The plugin for Navidrome, as a file."""
    found = await ask("plugin", SetupPlugin, seconds=SECONDS)
    content = await asyncio.to_thread(Path(found.file).read_bytes)
    headers = {"Content-Disposition": f'attachment; filename="{PLUGIN}"'}
    return web.Response(body=content, content_type="application/zip", headers=headers)
