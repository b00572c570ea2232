"""`/api/recommendations/setup/*`: what the page of the first run asks."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from contract.message import plain
from contract.setup import (
    Applied,
    ApplyRequest,
    CheckRequest,
    CostRequest,
    ModelCost,
    SetupCheck,
    SetupFindings,
    SetupModels,
)
from gateway.admin.command import to_its_end
from gateway.http.body import read
from gateway.http.reply import json_reply
from gateway.keys import SETTINGS
from gateway.setup.code import begin_the_end
from gateway.setup.command import ask, restart_soon
from gateway.setup.guard import may_set_up
from gateway.setup.state import is_set_up

#: Seconds that each part may take.
LOOK_SECONDS: Final = 40.0
CHECK_SECONDS: Final = 60.0
COST_SECONDS: Final = 200.0
APPLY_SECONDS: Final = 60.0


async def state(request: web.Request) -> web.StreamResponse:
    """Whether the mesh is set up, and whether the caller may do it."""
    needed = not is_set_up(request.app[SETTINGS])
    return json_reply({"needed": needed, "open": needed and may_set_up(request)})


async def look(_request: web.Request) -> web.StreamResponse:
    """Look for Navidrome's database, for music and for Navidrome; takes a few seconds."""
    return json_reply(plain(await ask("look", SetupFindings, seconds=LOOK_SECONDS)))


async def check(request: web.Request) -> web.StreamResponse:
    """What a database holds, whether ten of its files can be read, and by which path map."""
    wanted = await read(request, CheckRequest)
    return json_reply(plain(await ask("check", SetupCheck, wanted, seconds=CHECK_SECONDS)))


async def models(_request: web.Request) -> web.StreamResponse:
    """The models, what each one still needs, and what this machine has."""
    return json_reply(plain(await ask("models", SetupModels, seconds=LOOK_SECONDS)))


async def cost(request: web.Request) -> web.StreamResponse:
    """What a model costs on this machine, measured on five tracks; takes up to three minutes."""
    wanted = await read(request, CostRequest)
    return json_reply(plain(await ask("cost", ModelCost, wanted, seconds=COST_SECONDS)))


async def apply(request: web.Request) -> web.StreamResponse:
    """Write the settings into the data folder and restart the mesh with them."""
    wanted = await read(request, ApplyRequest)
    applied = await to_its_end(ask("apply", Applied, wanted, seconds=APPLY_SECONDS))
    begin_the_end(request.app[SETTINGS].data)
    if applied.restarting:
        restart_soon()
    return json_reply(plain(applied))
