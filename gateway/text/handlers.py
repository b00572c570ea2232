"""`POST /embed_text`, on both ports, and `GET /health` of the text port."""

from __future__ import annotations

import base64
from typing import Any

from aiohttp import web

from gateway.http.body import read
from gateway.http.middlewares.trace import note
from gateway.http.reply import json_reply
from gateway.http.warned import warned
from gateway.keys import CATALOGUE, READERS, SETTINGS, TEXTS
from gateway.text.schema import TextRequest
from gateway.text.texts import TextVector


async def embed_text(request: web.Request) -> web.StreamResponse:
    """The vector of a text, from the requested model or the one that replaces it."""
    asked = await read(request, TextRequest)
    await request.app[CATALOGUE].check_models([(None, asked.model)], "model")
    reader = await request.app[READERS].instead_of(asked.model)
    note(request, model=reader.model)
    found = await request.app[TEXTS].vector(reader.model, asked.text)
    answer: dict[str, Any] = {
        "embedding": _base64(found) if asked.encoding_format == "base64" else found.numbers(),
        "model": reader.model,
        "dimension": found.dim,
        "is_stub": found.is_stub,
    }
    warnings = [*filter(None, [reader.warning]), *found.warnings]
    return json_reply(answer | (warned(warnings) if warnings else {}))


def _base64(found: TextVector) -> str:
    return base64.b64encode(found.vector).decode()


async def text_health(request: web.Request) -> web.StreamResponse:
    """`GET /health`: the settings of text embedding."""
    settings = request.app[SETTINGS]
    return json_reply(
        {
            "status": "healthy",
            "device": settings.device,
            "checkpoint_dir": str(settings.checkpoints),
            "use_stubs": settings.use_stubs,
        }
    )
