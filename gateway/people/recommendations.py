"""`/api/recommendations/*`: lists and settings of a person, and jobs for admins."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from contract.errors import InvalidRequest
from gateway.batch import handlers as batch
from gateway.http.body import parse_object, read, refusal
from gateway.http.middlewares.trace import note
from gateway.http.reply import json_reply
from gateway.keys import CATALOGUE, MESH, READERS, SETTINGS, TEXTS
from gateway.people.caller import admin, caller
from gateway.people.finding import Finder
from gateway.people.mixes import NAMES, Mixer
from gateway.people.schema import MixRequest, SettingsChange


async def mix(request: web.Request) -> web.StreamResponse:
    """A list for the caller."""
    person, _ = await caller(request)
    mode = request.match_info["mode"]
    if mode not in NAMES:
        raise InvalidRequest(
            f"mode: there is no {mode[:80]!r}; there are {', '.join(NAMES)}",
            {"field": "mode", "reason": "unknown mode", "allowed": list(NAMES)},
        )
    wish = await read(request, MixRequest)
    app = request.app
    mixer = Mixer(app[MESH], app[CATALOGUE], app[TEXTS], app[READERS], app[SETTINGS])
    answer = await mixer.mix(person, mode, wish)
    note(request, tracks=len(answer["tracks"]), warnings=len(answer["warnings"]))
    return json_reply(answer)


async def settings(request: web.Request) -> web.StreamResponse:
    """The caller's settings."""
    person, _ = await caller(request)
    return json_reply(_camel(await Finder(request.app[MESH], person).library("people.settings", {})))


async def change_settings(request: web.Request) -> web.StreamResponse:
    """Changes the caller's settings; what is absent stays."""
    person, _ = await caller(request)
    changes = (await _read_settings(request)).model_dump(exclude_none=True)
    found = await Finder(request.app[MESH], person).library("people.settings.change", {"changes": changes})
    return json_reply(_camel(found))


async def _read_settings(request: web.Request) -> SettingsChange:
    """A number out of its range is refused with the whole range, not with the end that it crossed."""
    value = await parse_object(request)
    try:
        return SettingsChange.model_validate(value)
    except ValidationError as error:
        raise refusal(error, range_of) from None


def range_of(field: str) -> str | None:
    """What a setting takes, in words, by its name in camelCase."""
    told = SettingsChange.model_json_schema()["properties"].get(field, {}).get("anyOf", ({},))[0]
    if "minimum" not in told:
        return None
    what = "a whole number" if told["type"] == "integer" else "a number"
    return f"{what} from {told['minimum']} to {told['maximum']} is expected"


def _camel(found: dict[str, Any]) -> dict[str, Any]:
    return {to_camel(name): value for name, value in found.items()}


async def start(request: web.Request) -> web.StreamResponse:
    """Begins a job, for admins."""
    await admin(request)
    return await batch.start(request)


async def progress(request: web.Request) -> web.StreamResponse:
    """The running or last job, for admins."""
    await admin(request)
    return await batch.progress(request)


async def cancel(request: web.Request) -> web.StreamResponse:
    """Ends the job after what is in flight, for admins."""
    await admin(request)
    return await batch.cancel(request)
