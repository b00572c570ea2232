"""The table of endpoints: what answers where, and what is told of it in `/openapi.json`."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from aiohttp import web

from gateway.handlers import batch, events, health, meta, metrics, models, playlist, text, tracks
from gateway.keys import ENDPOINTS
from gateway.openapi import Endpoint
from gateway.people.routes import PEOPLE
from gateway.plugin.routes import PLUGIN
from gateway.schemas.base import MAX_NAME
from gateway.schemas.batch import (
    BatchProgress,
    BatchStart,
    BatchStarted,
    BatchStatus,
    Failures,
    FailuresQuery,
    Jobs,
)
from gateway.schemas.models import (
    Health,
    InferenceModel,
    InferenceModelReady,
    InferenceReady,
    LoadAnswer,
    Model,
    Readiness,
)
from gateway.schemas.playlist import Playlist, PlaylistRequest
from gateway.schemas.text import TextEmbedding, TextHealth, TextRequest
from gateway.schemas.tracks import Tracks, TracksQuery

#: Codes of every call into the mesh.
MESH: Final = ("no_worker", "busy", "deadline_exceeded", "internal")
BODY: Final = ("invalid_request", "too_large")
#: Any name is a mode of a playlist, as long as it is one.
MODE: Final = {"mode": {"type": "string", "minLength": 1, "maxLength": MAX_NAME, "pattern": r"\S"}}
PLAYLIST: Final = (*BODY, *MESH, "store_unavailable")
TEXT: Final = (*BODY, *MESH, "text_unavailable", "model_unavailable")
START: Final = (*BODY, *MESH, "conflict", "model_unavailable", "navidrome_unavailable")
MODEL: Final = (*MESH, "not_found")

EMBED_TEXT = Endpoint("POST", "/embed_text", text.embed_text, "text", body=TextRequest, reply=TextEmbedding, codes=TEXT)
MODELS = Endpoint("GET", "/models", models.models, "models", reply=Model, many=True, codes=MESH)
OPENAPI = Endpoint("GET", "/openapi.json", meta.openapi, "about")
DOCS = Endpoint("GET", "/docs", meta.docs, "about", media="text/html")

MAIN: Final[Sequence[Endpoint]] = (
    Endpoint(
        "POST",
        "/playlist/{mode}",
        playlist.playlist,
        "playlist",
        PlaylistRequest,
        reply=Playlist,
        codes=PLAYLIST,
        names=MODE,
    ),
    EMBED_TEXT,
    Endpoint("POST", "/batch/start", batch.start, "batch", BatchStart, reply=BatchStarted, codes=START),
    Endpoint("GET", "/batch/progress", batch.progress, "batch", reply=BatchProgress, codes=MESH),
    Endpoint(
        "GET",
        "/batch/failures",
        batch.failures,
        "batch",
        query=FailuresQuery,
        reply=Failures,
        codes=("invalid_request", *MESH),
        table=True,
    ),
    Endpoint("POST", "/batch/cancel", batch.cancel, "batch", reply=BatchStatus, codes=("not_found", *MESH)),
    Endpoint("POST", "/batch/pause", batch.pause, "batch", reply=BatchStatus, codes=("not_found", "conflict", *MESH)),
    Endpoint("POST", "/batch/resume", batch.resume, "batch", reply=BatchStatus, codes=("not_found", "conflict", *MESH)),
    Endpoint("GET", "/batch/jobs", batch.jobs, "batch", reply=Jobs, codes=MESH),
    Endpoint("GET", "/batch/jobs/{id}", batch.job, "batch", reply=BatchProgress, codes=("not_found", *MESH)),
    MODELS,
    Endpoint(
        "POST",
        "/models/{name}/load",
        models.load,
        "models",
        reply=LoadAnswer,
        codes=("not_found", "model_unavailable", *MESH),
    ),
    Endpoint(
        "POST",
        "/models/{name}/unload",
        models.unload,
        "models",
        reply=LoadAnswer,
        codes=("not_found", "model_unavailable", *MESH),
    ),
    Endpoint("GET", "/v2", models.server_metadata, "open inference"),
    Endpoint("GET", "/v2/health/live", health.live, "open inference", open=True),
    Endpoint(
        "GET",
        "/v2/health/ready",
        health.ready,
        "open inference",
        reply=InferenceReady,
        open=True,
        unready=InferenceReady,
    ),
    Endpoint("GET", "/v2/models/{name}", models.model_metadata, "open inference", reply=InferenceModel, codes=MODEL),
    Endpoint(
        "GET",
        "/v2/models/{name}/ready",
        models.model_ready,
        "open inference",
        reply=InferenceModelReady,
        codes=MODEL,
        unready=InferenceModelReady,
    ),
    Endpoint("GET", "/healthz", health.healthz, "health", reply=Health, open=True),
    Endpoint("GET", "/readyz", health.readyz, "health", reply=Readiness, open=True, unready=Readiness),
    Endpoint(
        "GET",
        "/tracks",
        tracks.find,
        "tracks",
        query=TracksQuery,
        reply=Tracks,
        codes=("invalid_request", "navidrome_unavailable", *MESH),
    ),
    *PEOPLE,
    *PLUGIN,
    Endpoint("GET", "/events", events.events, "events", media="text/event-stream", codes=("busy",)),
    Endpoint("GET", "/metrics", metrics.metrics, "metrics", media="text/plain"),
    OPENAPI,
    DOCS,
    Endpoint("GET", "/", meta.console, "about", media="text/html"),
)

TEXT_ONLY: Final[Sequence[Endpoint]] = (
    EMBED_TEXT,
    MODELS,
    Endpoint("GET", "/health", text.text_health, "health", reply=TextHealth, open=True),
    OPENAPI,
    DOCS,
)


def add_routes(app: web.Application, endpoints: Sequence[Endpoint]) -> None:
    """Puts the table into an application."""
    app[ENDPOINTS] = endpoints
    literal = {endpoint.path for endpoint in endpoints if "{" not in endpoint.path}
    for endpoint in endpoints:
        path = _apart(endpoint.path, literal)
        if endpoint.method == "GET":
            streams = endpoint.media == "text/event-stream"  # a HEAD of it would never end
            app.router.add_get(path, endpoint.handler, allow_head=not streams, expect_handler=_expectation)
        else:
            app.router.add_route(endpoint.method, path, endpoint.handler, expect_handler=_expectation)


def _apart(path: str, literal: Collection[str]) -> str:
    """The pattern of a path whose last name is any but those that have an endpoint of their own: other methods of these
    are 405, with their own methods in `Allow`, and not taken for a name.
    """
    folder, _, last = path.rpartition("/")
    siblings = [other.rpartition("/")[2] for other in literal if other.rpartition("/")[0] == folder]
    if not (last.startswith("{") and siblings):
        return path
    names = "|".join(map(re.escape, sorted(siblings)))
    return f"{folder}/{last[:-1]}:(?!(?:{names})$)[^{{}}/]+}}"


async def _expectation(request: web.Request) -> None:
    """A body is asked for when it is wanted (`Intake`), not before the caller's token was looked at."""
    if request.headers["Expect"].lower() != "100-continue":
        raise web.HTTPExpectationFailed
