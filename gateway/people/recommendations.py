"""`/api/recommendations/*`: a person's lists and settings, and jobs for admins."""

from __future__ import annotations

from aiohttp import web

from contract.errors import InvalidRequest
from contract.people import Mode
from gateway.batch import handlers as batch
from gateway.http.body import read
from gateway.http.camel import camel
from gateway.http.middlewares.trace import note
from gateway.http.reply import json_reply
from gateway.keys import MESH, MODEL_DIRECTORY, SETTINGS, TEXT_MODELS, TEXTS
from gateway.people.caller import admin, caller
from gateway.people.finding import Finder
from gateway.people.lists import NAMES, PersonLists
from gateway.people.schema import MixRequest, SettingsChange


async def mix(request: web.Request) -> web.StreamResponse:
    """A list for the caller."""
    person, _ = await caller(request)
    mode = _mode(request.match_info["mode"])
    wish = await read(request, MixRequest)
    app = request.app
    lists = PersonLists(app[MESH], app[MODEL_DIRECTORY], app[TEXTS], app[TEXT_MODELS], app[SETTINGS])
    answer = await lists.make_list(person, mode, wish)
    note(request, tracks=len(answer.tracks), warnings=len(answer.warnings))
    return json_reply(camel(answer))


def _mode(name: str) -> Mode:
    for mode in NAMES:
        if mode == name:
            return mode
    raise InvalidRequest(
        f"mode: there is no mode {name[:80]!r}; the modes are {', '.join(NAMES)}",
        {"field": "mode", "reason": "unknown mode", "allowed": list(NAMES)},
    )


async def settings(request: web.Request) -> web.StreamResponse:
    """The caller's settings."""
    person, _ = await caller(request)
    return json_reply(camel(await Finder(request.app[MESH], person).preferences()))


async def change_settings(request: web.Request) -> web.StreamResponse:
    """Change the caller's settings; absent ones stay."""
    person, _ = await caller(request)
    changes = await read(request, SettingsChange)
    return json_reply(camel(await Finder(request.app[MESH], person).change_preferences(changes)))


async def start(request: web.Request) -> web.StreamResponse:
    """Start a job, for admins."""
    await admin(request)
    return await batch.start(request)


async def progress(request: web.Request) -> web.StreamResponse:
    """The running or last job, for admins."""
    await admin(request)
    return await batch.progress(request)


async def cancel(request: web.Request) -> web.StreamResponse:
    """Cancel the job after the work in flight, for admins."""
    await admin(request)
    return await batch.cancel(request)
