"""`/healthz`, `/readyz` and their Open Inference names."""

from __future__ import annotations

import time

from aiohttp import web

from gateway.health.readiness import ReadinessCheck, summary
from gateway.http.reply import json_reply
from gateway.keys import MESH, MODEL_DIRECTORY, STARTED
from gateway.version import VERSION


async def healthz(request: web.Request) -> web.StreamResponse:
    """Liveness: the gateway itself can answer."""
    uptime = round(time.time() - request.app[STARTED], 1)
    return json_reply({"status": "ok", "version": VERSION, "uptime_seconds": uptime})


async def readyz(request: web.Request) -> web.StreamResponse:
    """Readiness of every part, with the reason if it is not ready; 503 if a needed part is down."""
    body = summary(await ReadinessCheck(request.app[MESH], request.app[MODEL_DIRECTORY]).parts())
    return json_reply(body, 200 if body["ready"] else 503)


async def live(_request: web.Request) -> web.StreamResponse:
    """Open Inference: the gateway can answer."""
    return json_reply({"live": True})


async def ready(request: web.Request) -> web.StreamResponse:
    """Open Inference: every needed part is ready."""
    body = summary(await ReadinessCheck(request.app[MESH], request.app[MODEL_DIRECTORY]).parts())
    return json_reply({"ready": body["ready"]}, 200 if body["ready"] else 503)
