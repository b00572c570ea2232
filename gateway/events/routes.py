"""The endpoint for events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from contract.errors import Busy
from gateway.events import handlers
from gateway.http.endpoint import Endpoint

ENDPOINTS: Final[Sequence[Endpoint]] = (
    Endpoint("GET", "/events", handlers.events, "events", media="text/event-stream", codes=(Busy,)),
)
