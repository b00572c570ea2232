"""The library as a whole: tracks without vectors, duplicates, and what pruning would forget."""

from __future__ import annotations

from aiohttp import web

from contract.library import AsyncLibraryClient, TracksRequest
from contract.message import Nothing, fields_of, plain
from contract.search import AsyncSearchClient, TwinsRequest
from contract.upkeep import PAGE, DuplicatesRequest, UnembeddedRequest
from gateway.admin.schema import AlikeQuery, PageQuery, UnembeddedQuery
from gateway.batch.handlers import TIMEOUT_SECONDS
from gateway.http.body import query
from gateway.http.reply import json_reply
from gateway.keys import MESH, MODEL_DIRECTORY
from gateway.models.directory import check_names


async def unembedded(request: web.Request) -> web.StreamResponse:
    """Tracks that a model has no vector of, and why."""
    asked = query(request, UnembeddedQuery)
    known = await request.app[MODEL_DIRECTORY].models()
    enabled = [name for name, model in known.items() if model.enabled]
    if asked.model is not None:
        check_names([(None, asked.model)], "model", known)
    model = asked.model or next(iter(enabled), next(iter(known)))
    wanted = UnembeddedRequest(model=model, offset=asked.offset, limit=asked.limit or PAGE)
    found = await AsyncLibraryClient(request.app[MESH]).unembedded(wanted, timeout=TIMEOUT_SECONDS)
    return json_reply({"model": model, "models": enabled, **plain(found)})


async def duplicates(request: web.Request) -> web.StreamResponse:
    """Recordings with several files, found by their audio, not by their tags."""
    asked = query(request, PageQuery)
    wanted = DuplicatesRequest(offset=asked.offset, limit=asked.limit or PAGE)
    return json_reply(plain(await AsyncLibraryClient(request.app[MESH]).duplicates(wanted, timeout=TIMEOUT_SECONDS)))


async def alike(request: web.Request) -> web.StreamResponse:
    """Pairs of tracks that sound the same, of one page of tracks: other files, other tags, other versions too."""
    asked = query(request, AlikeQuery)
    if asked.model is not None:
        check_names([(None, asked.model)], "model", await request.app[MODEL_DIRECTORY].models())
    mesh = request.app[MESH]
    wanted = TwinsRequest(model=asked.model, after=asked.after, limit=asked.limit, least=asked.least)
    found = await AsyncSearchClient(mesh).twins(wanted, timeout=TIMEOUT_SECONDS)
    ids = list(dict.fromkeys(i for pair in found.pairs for i in (pair.track_id, pair.other_id)))
    named = await AsyncLibraryClient(mesh).tracks(TracksRequest(track_ids=ids), timeout=TIMEOUT_SECONDS)
    tracks = {track.id: fields_of(track) for track in named.tracks}
    pairs = [
        {"score": pair.score, "tracks": [tracks[pair.track_id], tracks[pair.other_id]]}
        for pair in found.pairs
        if pair.track_id in tracks and pair.other_id in tracks
    ]
    return json_reply({"model": found.model, "pairs": pairs, "next": found.next})


async def prune(request: web.Request) -> web.StreamResponse:
    """What pruning would forget now; nothing is changed."""
    return json_reply(plain(await AsyncLibraryClient(request.app[MESH]).prune_plan(Nothing(), timeout=TIMEOUT_SECONDS)))
