"""Errors over HTTP: the status of every code, and the one error body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from aiohttp import web

from contract.errors import ERRORS, Busy, MeshError, TrackError, Unauthorized

#: HTTP status of every code, without errors of single tracks, which only jobs report.
STATUS: Final[Mapping[str, int]] = {
    code: kind.status for code, kind in ERRORS.items() if not issubclass(kind, TrackError)
}

#: Seconds before a client retries a busy service that gives no delay itself.
RETRY_AFTER_SECONDS: Final = 1
#: Longest `Retry-After`, in seconds.
MOST_RETRY_AFTER: Final = 3600
#: Makes a browser ask its user for the token.
CHALLENGE: Final = 'Basic realm="Sonic Mesh", charset="UTF-8"'


def error_body(code: str, message: str, detail: Any = None) -> bytes:
    """Return `{"error": {code, message, detail}, "message"}` as JSON; Navidrome's pages show the outer message."""
    body = {"error": {"code": code, "message": message, "detail": detail}, "message": message}
    try:
        return orjson.dumps(body, default=str, option=orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:  # a worker's detail that JSON cannot express
        return error_body(code, message)


def error_response(
    error: MeshError, status: int | None = None, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return the response for a typed error."""
    status = status or STATUS.get(error.code, MeshError.status)
    response = web.Response(
        body=error_body(error.code, error.message, error.detail), status=status, content_type="application/json"
    )
    response.headers.update(headers or {})
    if status == Busy.status:
        response.headers["Retry-After"] = str(_retry_after(error))
    elif status == Unauthorized.status:
        response.headers["WWW-Authenticate"] = CHALLENGE
    return response


def _retry_after(error: MeshError) -> int:
    """Return whole seconds, at least one: `Retry-After` has no fractions."""
    detail = error.detail if isinstance(error.detail, Mapping) else {}
    seconds = detail.get("retry_after", RETRY_AFTER_SECONDS)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= MOST_RETRY_AFTER:
        return RETRY_AFTER_SECONDS
    return max(1, -int(-seconds // 1))
