"""JSON responses, encoded by orjson."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

from contract.errors import Internal


def json_reply(value: Any, status: int = 200) -> web.Response:
    """Return `value` as a JSON response; map keys need not be strings.

    Raises `Internal` if a worker's reply contains something that JSON cannot express.
    """
    try:
        body = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError as error:
        raise Internal(f"a part of the mesh returned a value that JSON cannot express: {error}") from None
    return web.Response(body=body, status=status, content_type="application/json")
