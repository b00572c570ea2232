"""Endpoints for text: one on both ports, one on the text port only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from contract.errors import ModelUnavailable, TextUnavailable
from gateway.http.endpoint import BODY, MESH, Endpoint
from gateway.text import handlers
from gateway.text.schema import TextEmbedding, TextHealth, TextRequest

ENDPOINTS: Final[Sequence[Endpoint]] = (
    Endpoint(
        "POST",
        "/embed_text",
        handlers.embed_text,
        "text",
        body=TextRequest,
        reply=TextEmbedding,
        codes=(*BODY, *MESH, TextUnavailable, ModelUnavailable),
    ),
)

#: `/health` of the text port.
HEALTH: Final = Endpoint("GET", "/health", handlers.text_health, "health", reply=TextHealth, open=True)
