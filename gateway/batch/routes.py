"""Endpoints for jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from contract.errors import Conflict, InvalidRequest, ModelUnavailable, NavidromeUnavailable, NotFound
from gateway.batch import handlers
from gateway.batch.schema import (
    BatchProgress,
    BatchStart,
    BatchStarted,
    BatchStatus,
    Failures,
    FailuresQuery,
    Jobs,
    KindQuery,
)
from gateway.http.endpoint import BODY, MESH, Endpoint

TAG: Final = "batch"
START: Final = (*BODY, *MESH, Conflict, ModelUnavailable, NavidromeUnavailable)
STEER: Final = (InvalidRequest, NotFound, Conflict, *MESH)

ENDPOINTS: Final[Sequence[Endpoint]] = (
    Endpoint("POST", "/batch/start", handlers.start, TAG, BatchStart, reply=BatchStarted, codes=START),
    Endpoint("GET", "/batch/progress", handlers.progress, TAG, reply=BatchProgress, codes=MESH),
    Endpoint(
        "GET",
        "/batch/failures",
        handlers.failures,
        TAG,
        query=FailuresQuery,
        reply=Failures,
        codes=(InvalidRequest, *MESH),
        table=True,
    ),
    Endpoint("POST", "/batch/cancel", handlers.cancel, TAG, query=KindQuery, reply=BatchStatus, codes=STEER),
    Endpoint("POST", "/batch/pause", handlers.pause, TAG, query=KindQuery, reply=BatchStatus, codes=STEER),
    Endpoint("POST", "/batch/resume", handlers.resume, TAG, query=KindQuery, reply=BatchStatus, codes=STEER),
    Endpoint("GET", "/batch/jobs", handlers.jobs, TAG, reply=Jobs, codes=MESH),
    Endpoint("GET", "/batch/jobs/{id}", handlers.job, TAG, reply=BatchProgress, codes=(NotFound, *MESH)),
)
