"""JSON answers by orjson."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web


def json_reply(value: Any, status: int = 200) -> web.Response:
    """`value` may hold numpy arrays; ids that are no strings become keys all the same."""
    body = orjson.dumps(value, default=str, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
    return web.Response(body=body, status=status, content_type="application/json")
