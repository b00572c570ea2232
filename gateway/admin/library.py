"""The library as a whole: tracks without vectors, duplicates, and what pruning would forget."""

from __future__ import annotations

from aiohttp import web

from contract.library import AsyncLibraryClient
from contract.message import Nothing, plain
from contract.upkeep import PAGE, DuplicatesRequest, UnembeddedRequest
from gateway.admin.schema import PageQuery, UnembeddedQuery
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
    """Recordings that are there more than once, by their sound."""
    asked = query(request, PageQuery)
    wanted = DuplicatesRequest(offset=asked.offset, limit=asked.limit or PAGE)
    return json_reply(plain(await AsyncLibraryClient(request.app[MESH]).duplicates(wanted, timeout=TIMEOUT_SECONDS)))


async def prune(request: web.Request) -> web.StreamResponse:
    """What pruning would forget now; nothing is changed."""
    return json_reply(plain(await AsyncLibraryClient(request.app[MESH]).prune_plan(Nothing(), timeout=TIMEOUT_SECONDS)))
