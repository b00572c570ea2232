"""JSON answers by orjson."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web


def json_reply(value: Any, status: int = 200) -> web.Response:
    """A map's keys need not be strings."""
    body = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    return web.Response(body=body, status=status, content_type="application/json")
