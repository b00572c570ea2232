"""Access control: the host name, the token once one is set, and no requests from pages of other sites."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import SecretStr

from contract.errors import Busy, Forbidden, Unauthorized
from gateway.http.forwarded import FORWARDED_HOST, client_address, limit_key, told
from gateway.http.hosts import Hosts
from gateway.http.middlewares.cors import allowed
from gateway.keys import HOSTS, SETTINGS, TOKEN_GUESSES
from gateway.people.caller import PEOPLE_PATHS
from gateway.session.same_origin import SAFE_METHODS, is_own_origin
from gateway.settings import GatewaySettings

#: Supervisors without a token check health, which reveals nothing secret.
OPEN_PATHS: Final = frozenset({"/healthz", "/readyz", "/health", "/v2/health/live", "/v2/health/ready"})
#: The console's document, and the prefix of its files: the page asks people to sign in, and shows nothing before that.
PAGE: Final = "/"
PAGE_FILES: Final = "/assets/"
#: Longest host or origin quoted in a refusal, in characters.
MAX_SHOWN: Final = 100


@web.middleware
async def access(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Check the caller. Raises `Unauthorized`, `Forbidden`, or `Busy` after too many wrong tokens."""
    path = request.path
    app = request.app
    settings = app[SETTINGS]
    if path not in OPEN_PATHS:
        # People do not have the mesh's token, which allows everything: Navidrome says who they are.
        person = path.startswith((PEOPLE_PATHS, PAGE_FILES)) or path in {PAGE, settings.base_path}
        if settings.token is not None and not person:
            check_token(request, settings.token)
        elif settings.token is None or settings.proxy_user_header in request.headers:
            _check_host(request, app[HOSTS], settings)
    if request.method not in SAFE_METHODS and not allowed(request):
        _check_origin(request)
    return await handler(request)


def _check_host(request: web.Request, hosts: Hosts, settings: GatewaySettings) -> None:
    """Check both names: a page can send a proxy's header, but cannot choose its `Host`."""
    if hosts.serves(request.host) and not settings.proxy_trusted:
        return
    for host in (request.host, told(request, settings, FORWARDED_HOST)):
        if host and not hosts.serves(host):
            raise Forbidden(
                f"the mesh does not serve the host name {host[:MAX_SHOWN]!r}: use 127.0.0.1 or localhost, "
                "or list the name (a proxy's, too) in SONICMESH_ALLOWED_HOSTS",
                {"host": host[:MAX_SHOWN], "setting": "SONICMESH_ALLOWED_HOSTS"},
            )


def check_token(request: web.Request, token: SecretStr) -> None:
    """Raises `Unauthorized` without the mesh's token, `Busy` after too many wrong ones."""
    guesses = request.app[TOKEN_GUESSES]
    address = limit_key(client_address(request, request.app[SETTINGS]))
    delay = guesses.delay(address)
    if delay:
        raise Busy("too many wrong tokens from this address; wait a moment", {"retry_after": delay})
    given = presented_token(request.headers.get("Authorization", ""))
    if not given:
        raise Unauthorized("a token is required: Authorization: Bearer TOKEN, or TOKEN as the password of Basic")
    if not hmac.compare_digest(given, token.get_secret_value().encode()):
        guesses.wait(address)
        raise Unauthorized("this is not the mesh's token (SONICMESH_TOKEN)")


def presented_token(header: str) -> bytes:
    """Return the token of an Authorization header, or b"" if it has none."""
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
    """Refuse pages of other sites: they can make a browser send requests, but must not change anything."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        foreign = site not in {"same-origin", "none"}
    else:
        foreign = origin is not None and not is_own_origin(request, origin)
    if foreign:
        raise Forbidden(
            "requests from pages of another site are refused. Behind a reverse proxy: make it keep the "
            "Host header, or make it send X-Forwarded-Host and X-Forwarded-Proto and list its address "
            "in SONICMESH_PROXY_TRUSTED. To allow a page of another site, list its origin in SONICMESH_CORS_ORIGINS",
            {"origin": origin[:MAX_SHOWN] if origin else None},
        )
