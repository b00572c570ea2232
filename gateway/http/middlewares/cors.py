"""CORS (Fetch standard): pages of the origins that the operator lists may call."""

from __future__ import annotations

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.keys import SETTINGS

#: What such pages may send, and which response headers they may read.
METHODS: Final = "GET, POST, PUT, DELETE, OPTIONS"
REQUEST_HEADERS: Final = "Authorization, Content-Type, X-ND-Authorization, X-ND-Client-Unique-Id, X-Request-Id"
RESPONSE_HEADERS: Final = "X-ND-Authorization, X-Request-Id, Retry-After"
#: Seconds for which a browser remembers the permission.
MAX_AGE: Final = "600"


@web.middleware
async def cors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer preflight requests here: they carry no token."""
    asks = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
    if not asks or not allowed(request):
        return await handler(request)
    return web.Response(
        status=204,
        headers={
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": REQUEST_HEADERS,
            "Access-Control-Max-Age": MAX_AGE,
        },
    )


def allowed(request: web.BaseRequest) -> bool:
    """Return whether the request comes from a page whose origin is in SONICMESH_CORS_ORIGINS."""
    origin = request.headers.get("Origin")
    if not origin or not isinstance(request, web.Request):
        return False
    return origin.lower() in request.app[SETTINGS].cors_origins


def permit(request: web.Request, response: web.StreamResponse) -> None:
    """Add the CORS headers to every response to such a page, including errors and streams."""
    if not request.app[SETTINGS].cors_origins:
        return
    response.headers.add("Vary", "Origin")
    if allowed(request):
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Access-Control-Expose-Headers"] = RESPONSE_HEADERS
