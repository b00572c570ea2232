"""`POST /embed_text`, on both ports, and `GET /health` of the text port."""

from __future__ import annotations

import base64

from aiohttp import web

from gateway.body import read
from gateway.catalogue import check_names
from gateway.keys import CATALOGUE, SETTINGS, TEXTS
from gateway.middlewares.trace import note
from gateway.reply import json_reply
from gateway.schemas.text import TextRequest
from gateway.texts import TextVector


async def embed_text(request: web.Request) -> web.StreamResponse:
    """The vector of a text."""
    asked = await read(request, TextRequest)
    known = await request.app[CATALOGUE].known()
    check_names([(None, asked.model)], "model", known)
    note(request, model=asked.model)
    found = await request.app[TEXTS].vector(asked.model, asked.text)
    return json_reply(
        {
            "embedding": _base64(found) if asked.encoding_format == "base64" else found.numbers(),
            "model": asked.model,
            "dimension": found.dim,
            "is_stub": found.is_stub,
        }
    )


def _base64(found: TextVector) -> str:
    return base64.b64encode(found.vector).decode()


async def text_health(request: web.Request) -> web.StreamResponse:
    """`GET /health`: the settings of text embedding."""
    settings = request.app[SETTINGS]
    return json_reply(
        {
            "status": "healthy",
            "device": settings.device,
            "checkpoint_dir": str(settings.checkpoint_dir),
            "use_stubs": settings.use_stubs,
        }
    )
