"""Endpoints for health checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.health import handlers
from gateway.health.schema import Health, InferenceReady, Readiness
from gateway.http.endpoint import Endpoint

ENDPOINTS: Final[Sequence[Endpoint]] = (
    Endpoint("GET", "/healthz", handlers.healthz, "health", reply=Health, open=True),
    Endpoint("GET", "/readyz", handlers.readyz, "health", reply=Readiness, open=True, unready=Readiness),
    Endpoint("GET", "/v2/health/live", handlers.live, "open inference", open=True),
    Endpoint(
        "GET",
        "/v2/health/ready",
        handlers.ready,
        "open inference",
        reply=InferenceReady,
        open=True,
        unready=InferenceReady,
    ),
)
