"""Endpoints for admins and operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from contract.errors import (
    Conflict,
    DeadlineExceeded,
    Forbidden,
    Internal,
    InvalidRequest,
    ModelUnavailable,
    NavidromeUnavailable,
    NotFound,
    Unauthorized,
)
from contract.setup import FirstList
from contract.upkeep import Duplicates, PrunePlan
from gateway.admin import failures, first, library, schema, system
from gateway.admin.guard import for_operators
from gateway.batch import handlers as batch
from gateway.batch.schema import BatchProgress, BatchStart, BatchStarted, BatchStatus, Jobs, KindQuery
from gateway.http.endpoint import BODY, MESH, Endpoint
from gateway.models import handlers as models
from gateway.models.schema import LoadAnswer

ROOT: Final = "/api/recommendations/admin"
TAG: Final = "admin"
START: Final = (*BODY, *MESH, Conflict, ModelUnavailable)
STEER: Final = (InvalidRequest, NotFound, Conflict, *MESH)
PAGE: Final = (InvalidRequest, *MESH)
MODEL: Final = (NotFound, ModelUnavailable, *MESH)

_JOBS: Final[Sequence[Endpoint]] = (
    Endpoint("GET", "/progress", batch.progress, TAG, reply=BatchProgress, codes=MESH),
    Endpoint("GET", "/jobs", batch.jobs, TAG, reply=Jobs, codes=MESH),
    Endpoint("POST", "/jobs", batch.start, TAG, BatchStart, reply=BatchStarted, codes=START),
    Endpoint("POST", "/jobs/pause", batch.pause, TAG, query=KindQuery, reply=BatchStatus, codes=STEER),
    Endpoint("POST", "/jobs/resume", batch.resume, TAG, query=KindQuery, reply=BatchStatus, codes=STEER),
    Endpoint("POST", "/jobs/cancel", batch.cancel, TAG, query=KindQuery, reply=BatchStatus, codes=STEER),
    Endpoint("GET", "/jobs/{id}", batch.job, TAG, reply=BatchProgress, codes=(NotFound, *MESH)),
    Endpoint(
        "GET",
        "/failures",
        failures.failures,
        TAG,
        query=schema.AdminFailuresQuery,
        reply=schema.RemediedFailures,
        codes=PAGE,
        table=True,
    ),
    Endpoint("POST", "/failures/retry", failures.retry, TAG, schema.RetryRequest, reply=BatchStarted, codes=START),
)
_LIBRARY: Final[Sequence[Endpoint]] = (
    Endpoint(
        "GET",
        "/unembedded",
        library.unembedded,
        TAG,
        query=schema.UnembeddedQuery,
        reply=schema.UnembeddedTracks,
        codes=PAGE,
    ),
    Endpoint("GET", "/duplicates", library.duplicates, TAG, query=schema.PageQuery, reply=Duplicates, codes=PAGE),
    Endpoint("GET", "/alike", library.alike, TAG, query=schema.AlikeQuery, reply=schema.AlikePairs, codes=PAGE),
    Endpoint("GET", "/prune", library.prune, TAG, reply=PrunePlan, codes=MESH),
    Endpoint("GET", "/first-list", first.first_list, TAG, reply=FirstList, codes=MESH),
)
_SYSTEM: Final[Sequence[Endpoint]] = (
    Endpoint("GET", "/models", system.models, TAG, reply=schema.ScaledModel, many=True, codes=MESH),
    Endpoint("POST", "/models/{name}/load", models.load, TAG, reply=LoadAnswer, codes=MODEL),
    Endpoint("POST", "/models/{name}/unload", models.unload, TAG, reply=LoadAnswer, codes=MODEL),
    Endpoint(
        "PUT",
        "/models/{name}/scale",
        system.scale,
        TAG,
        schema.ScaleRequest,
        reply=schema.Scale,
        codes=(*BODY, NotFound, *MESH),
    ),
    Endpoint("GET", "/system", system.system, TAG, reply=schema.System, codes=MESH),
    Endpoint("GET", "/doctor", system.doctor, TAG, reply=schema.Examination, codes=MESH),
    Endpoint(
        "GET",
        "/plugin",
        first.plugin,
        TAG,
        media="application/zip",
        codes=(NotFound, DeadlineExceeded, Internal),
    ),
    Endpoint("GET", "/settings", system.settings, TAG, reply=schema.Settings, codes=MESH),
    Endpoint("GET", "/logs", system.logs, TAG, reply=schema.LogFiles),
    Endpoint(
        "GET",
        "/logs/{name}",
        system.log,
        TAG,
        query=schema.LogQuery,
        reply=schema.LogTail,
        codes=(InvalidRequest, NotFound),
    ),
    Endpoint(
        "GET",
        "/events",
        system.last_events,
        TAG,
        query=schema.LastQuery,
        reply=schema.LastEvents,
        codes=(InvalidRequest,),
    ),
    Endpoint(
        "GET", "/slow", system.slow, TAG, query=schema.SlowQuery, reply=schema.SlowSearches, codes=(InvalidRequest,)
    ),
)


def _guarded(endpoint: Endpoint) -> Endpoint:
    codes = (*endpoint.codes, Unauthorized, Forbidden, NavidromeUnavailable)
    handler = for_operators(endpoint.handler)
    return replace(endpoint, path=f"{ROOT}{endpoint.path}", handler=handler, codes=codes, open=True)


#: Admins log in to Navidrome, operators use the mesh's token: the handlers check both.
ENDPOINTS: Final[Sequence[Endpoint]] = tuple(map(_guarded, (*_JOBS, *_LIBRARY, *_SYSTEM)))
