"""Who may call: the token, once one is set, and no page of another site."""

from __future__ import annotations

import base64
import binascii
import hmac
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from broker.errors import Forbidden, Unauthorized
from gateway.keys import SETTINGS
from gateway.middlewares.cors import allowed
from gateway.people.caller import PEOPLE_PATHS

#: Health is asked by supervisors that have no token; it tells nothing secret.
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/health", "/v2/health/live", "/v2/health/ready"})
#: Methods that change nothing.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@web.middleware
async def access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Raises `Unauthorized` or `Forbidden`."""
    # People have no token of the mesh, which may do everything: Navidrome is asked who they are.
    if request.path not in OPEN_PATHS and not request.path.startswith(PEOPLE_PATHS):
        _check_token(request)
    if request.method not in SAFE_METHODS and not allowed(request):
        _check_origin(request)
    return await handler(request)


def _check_token(request: web.Request) -> None:
    token = request.app[SETTINGS].token
    if token is None:
        return
    given = presented_token(request.headers.get("Authorization", ""))
    if not given:
        raise Unauthorized("a token is needed: Authorization: Bearer TOKEN, or TOKEN as the password of Basic")
    if not hmac.compare_digest(given, token.get_secret_value().encode()):
        raise Unauthorized("this is not the mesh's token (SONICMESH_TOKEN)")


def presented_token(header: str) -> bytes:
    """The token of an Authorization header, or nothing."""
    scheme, _, value = header.strip().partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer":
        return value.encode(errors="replace")
    if scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return b""
        return decoded.partition(b":")[2]
    return b""


def _check_origin(request: web.Request) -> None:
    """A page of another site may make a browser send requests here; it shall not start or stop anything."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        foreign = site not in {"same-origin", "none"}
    else:
        foreign = origin is not None and urlsplit(origin).netloc != request.host
    if foreign:
        raise Forbidden("requests of pages of another site are refused", {"origin": origin})
