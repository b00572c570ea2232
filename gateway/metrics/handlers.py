"""`GET /metrics`."""

from __future__ import annotations

import asyncio

from aiohttp import web
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from contract.errors import MeshError
from gateway.keys import FEED, MESH, METRICS


async def metrics(request: web.Request) -> web.StreamResponse:
    """Metrics in Prometheus text format, including the broker's current queues and workers."""
    await _ask_broker(request.app)
    request.app[METRICS].listeners.set(len(request.app[FEED]))
    return web.Response(body=request.app[METRICS].render(), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


async def _ask_broker(app: web.Application) -> None:
    metrics = app[METRICS]
    metrics.workers.clear()
    metrics.queued.clear()
    if not app[MESH].broker_up:
        return
    try:
        workers, queues = await asyncio.gather(app[MESH].workers(), app[MESH].queues())
    except MeshError:
        return
    for service, registered in workers.items():
        metrics.workers.labels(service).set(len(registered))
    for service, lanes in queues.items():
        for lane, waiting in lanes.items():
            metrics.queued.labels(service, lane).set(waiting)
