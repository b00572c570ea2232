"""The console's page and its files, on the main port."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from contract.errors import Busy, NavidromeUnavailable, NotFound, Unauthorized
from gateway.console import events, handlers
from gateway.http.endpoint import Endpoint

ENDPOINTS: Final[Sequence[Endpoint]] = (
    Endpoint("GET", "/", handlers.index, "console", media="text/html", open=True),
    Endpoint("GET", "/assets/{name}", handlers.asset, "console", media="*/*", codes=(NotFound,), open=True),
    Endpoint(
        "GET",
        "/api/recommendations/events",
        events.events,
        "console",
        media="text/event-stream",
        codes=(Unauthorized, Busy, NavidromeUnavailable),
        open=True,
    ),
)
