"""The pages about the mesh itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.about import handlers
from gateway.http.endpoint import Endpoint

ENDPOINTS: Final[Sequence[Endpoint]] = (
    Endpoint("GET", "/openapi.json", handlers.openapi, "about"),
    Endpoint("GET", "/docs", handlers.docs, "about", media="text/html"),
)
