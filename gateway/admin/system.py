"""The mesh itself: processes, workers, queues, models, doctor, settings, logs, events."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Awaitable
from typing import Any, Final, TypeVar

from aiohttp import web

from contract.errors import MeshError, NotFound
from contract.library import AsyncLibraryClient
from contract.message import Nothing, fields_of, plain
from gateway.admin import logs as files
from gateway.admin.command import sonicmesh, to_its_end
from gateway.admin.schema import LastQuery, LogQuery, ScaleRequest, SlowQuery
from gateway.admin.supervisor import processes, scales
from gateway.http.body import query, read
from gateway.http.reply import json_reply
from gateway.keys import FEED, MESH, MODEL_DIRECTORY, SETTINGS
from gateway.models.workers import ModelWorkers

T = TypeVar("T")

#: Seconds that the library may take for its status, and commands for what they do.
STATUS_SECONDS: Final = 2.0
DOCTOR_SECONDS: Final = 60.0
CONFIG_SECONDS: Final = 30.0
SCALE_SECONDS: Final = 30.0
#: Last words in the names of variables whose values are secret, and the account in an address, up to the last @.
SECRETS: Final = ("TOKEN", "KEY", "PASSWORD", "SECRET")
ACCOUNT: Final = re.compile(r"//[^/\s]*@")
#: A secret's value, as the console shows it.
SET: Final = "(set)"


async def system(request: web.Request) -> web.StreamResponse:
    """Processes, workers, services, queues, library; what does not answer is null, and `errors` says why."""
    mesh = request.app[MESH]
    errors: dict[str, str] = {}
    found, workers, services, waiting, library = await asyncio.gather(
        processes(request.app[SETTINGS].run_dir),
        _or_none("workers", mesh.workers(), errors),
        _or_none("services", mesh.services(), errors),
        _or_none("queues", mesh.waiting(), errors),
        _or_none("library", AsyncLibraryClient(mesh).status(Nothing(), timeout=STATUS_SECONDS), errors),
    )
    rows = None if workers is None else [fields_of(row) for rows in workers.values() for row in rows]
    return json_reply(
        {
            "supervised": found is not None,
            "broker_up": mesh.broker_up,
            "processes": found or [],
            "workers": rows,
            "services": plain(services),
            "queues": None if waiting is None else waiting.queues,
            "counters": None if waiting is None else waiting.counters,
            "library": plain(library),
            "errors": errors,
        }
    )


async def _or_none(part: str, asked: Awaitable[T], errors: dict[str, str]) -> T | None:
    try:
        return await asked
    except MeshError as error:
        errors[part] = error.message
        return None


async def models(request: web.Request) -> web.StreamResponse:
    """Every known model, running or not, and how many workers of it are wanted."""
    app = request.app
    described, found = await asyncio.gather(
        ModelWorkers(app[MESH], app[MODEL_DIRECTORY]).models(), processes(app[SETTINGS].run_dir)
    )
    wanted = {model.name: model.workers for model in described} | scales(found or [])
    rows = [{name: getattr(model, name) for name in model.__slots__} for model in described]
    return json_reply([{**row, "scale": wanted[row["name"]]} for row in rows])


async def scale(request: web.Request) -> web.StreamResponse:
    """Set how many workers a model has; a restart keeps the number."""
    name = request.match_info["name"]
    asked = await read(request, ScaleRequest)
    known = await request.app[MODEL_DIRECTORY].models()
    if name not in known:
        raise NotFound(f"no model is called {name[:80]!r}; there are {', '.join(known)}")
    change = sonicmesh("scale", f"{name}={asked.workers}", seconds=SCALE_SECONDS)
    return json_reply({"scale": await to_its_end(change)})


async def doctor(_request: web.Request) -> web.StreamResponse:
    """Examine the mesh and the machine, as `sonicmesh doctor` does."""
    began = time.monotonic()
    found = await sonicmesh("doctor", seconds=DOCTOR_SECONDS)
    return json_reply({**found, "seconds": round(time.monotonic() - began, 2)})


async def settings(_request: web.Request) -> web.StreamResponse:
    """Every setting with its value and where it comes from; secrets are not shown."""
    rows = await sonicmesh("config", seconds=CONFIG_SECONDS)
    environment = {name.upper() for name, value in os.environ.items() if value}
    return json_reply({"settings": [shown_setting(row, environment) for row in rows]})


def shown_setting(row: dict[str, Any], environment: set[str]) -> dict[str, Any]:
    """Return a row of `sonicmesh config` without secrets; `environment`: the variables of this process."""
    variable = str(row["variable"])
    secret = variable.upper().endswith(SECRETS)
    value = SET if secret and row["set"] else ACCOUNT.sub("//...@", str(row["value"]))
    told = str(row.get("origin", "file"))
    origin = "default" if not row["set"] else "environment" if variable.upper() in environment else told
    return {**row, "value": value, "origin": origin, "secret": secret}


async def logs(request: web.Request) -> web.StreamResponse:
    """The log files."""
    return json_reply({"logs": await asyncio.to_thread(files.listed, request.app[SETTINGS].logs)})


async def log(request: web.Request) -> web.StreamResponse:
    """The last lines of a log, or those since an earlier answer's `end`."""
    asked = query(request, LogQuery)
    folder, name = request.app[SETTINGS].logs, request.match_info["name"]
    return json_reply(await asyncio.to_thread(files.tail, folder, name, asked.lines, asked.after))


async def slow(request: web.Request) -> web.StreamResponse:
    """The slow searches in the log, newest first."""
    asked = query(request, SlowQuery)
    found = await asyncio.to_thread(files.slow_queries, request.app[SETTINGS].logs, asked.limit)
    return json_reply({"queries": found})


async def last_events(request: web.Request) -> web.StreamResponse:
    """The last events of all topics, newest last."""
    asked = query(request, LastQuery)
    kept = request.app[FEED].recent(asked.limit)
    return json_reply({"events": [{"topic": each.topic, **each.fields} for each in kept]})
