"""The endpoint for metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.http.endpoint import Endpoint
from gateway.metrics import handlers

ENDPOINTS: Final[Sequence[Endpoint]] = (Endpoint("GET", "/metrics", handlers.metrics, "metrics", media="text/plain"),)
