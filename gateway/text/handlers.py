"""`POST /embed_text`, on both ports, and `GET /health` of the text port."""

from __future__ import annotations

import base64
from typing import Any

from aiohttp import web

from gateway.http.body import read
from gateway.http.middlewares.trace import note
from gateway.http.reply import json_reply
from gateway.http.warned import warned
from gateway.keys import MODEL_DIRECTORY, SETTINGS, TEXT_MODELS, TEXTS
from gateway.text.schema import TextRequest
from gateway.text.vector import TextVector


async def embed_text(request: web.Request) -> web.StreamResponse:
    """The vector of a text, from the requested model or the one that replaces it."""
    body = await read(request, TextRequest)
    app = request.app
    await app[MODEL_DIRECTORY].check_models([(None, body.model)], "model")
    reader = await app[TEXT_MODELS].instead_of(body.model)
    note(request, model=reader.model)
    text_vector = await app[TEXTS].vector(reader.model, body.text)
    answer: dict[str, Any] = {
        "embedding": _base64(text_vector) if body.encoding_format == "base64" else text_vector.numbers(),
        "model": reader.model,
        "dimension": text_vector.dim,
        "is_stub": text_vector.is_stub,
    }
    warnings = [*filter(None, [reader.warning]), *text_vector.warnings]
    return json_reply(answer | (warned(warnings) if warnings else {}))


def _base64(text_vector: TextVector) -> str:
    return base64.b64encode(text_vector.vector).decode()


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
