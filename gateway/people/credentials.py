"""The credentials in a request, which are not trusted until Navidrome confirms them."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import orjson
from aiohttp import web

from contract.errors import Unauthorized
from gateway.http.forwarded import is_proxied
from gateway.settings import GatewaySettings

#: Header of Navidrome's native tokens, in both directions.
TOKEN_HEADER: Final = "X-ND-Authorization"
#: Name of the cookie and the query parameter that hold such a token.
TOKEN_NAME: Final = "jwt"
#: Longest token, name or password, in characters.
MAX_LENGTH: Final = 4096


@dataclass(frozen=True, slots=True)
class Token:
    """A native token and its claims."""

    jwt: str
    user_id: str
    user_name: str
    expires: float | None

    @property
    def key(self) -> str:
        return _digest("token", self.jwt)


@dataclass(frozen=True, slots=True)
class Subsonic:
    """A Subsonic login: token and salt, or a password."""

    user_name: str
    secrets: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        return _digest("subsonic", self.user_name, *(part for pair in self.secrets for part in pair))


@dataclass(frozen=True, slots=True)
class Proxied:
    """A user named by a trusted reverse proxy, and the header with the name."""

    user_name: str
    header: str

    @property
    def key(self) -> str:
        return _digest("proxied", self.user_name)


Credentials: TypeAlias = Token | Subsonic | Proxied


def present(request: web.Request, settings: GatewaySettings) -> Credentials:
    """Return a native token, Subsonic parameters or a trusted proxy's user, in this order. Raises `Unauthorized`."""
    token = _token_of(request)
    if token:
        return read_token(token)
    query = request.query
    name = query.get("u", "")
    if name and (query.get("p") or (query.get("t") and query.get("s"))):
        wanted = ("p",) if query.get("p") else ("t", "s")
        secrets = tuple((each, query[each][:MAX_LENGTH]) for each in wanted)
        return Subsonic(name[:MAX_LENGTH], secrets)
    named = proxied(request, settings)
    if named is not None:
        return named
    raise Unauthorized(
        f"log in to Navidrome: its token in {TOKEN_HEADER}: Bearer ... (or as the cookie or parameter {TOKEN_NAME}), "
        "or the Subsonic parameters u, t and s, or u and p"
    )


def read_token(jwt: str) -> Token:
    """Parse a token and its claims without verifying them. Raises `Unauthorized` if it is not a token."""
    try:
        _, payload, _ = jwt.split(".")
        claims = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, binascii.Error):
        claims = None
    if not isinstance(claims, dict) or len(jwt) > MAX_LENGTH or not jwt.isascii():
        raise Unauthorized("this is not a token of Navidrome; log in to Navidrome again")
    user_id = claims.get("uid")
    if not isinstance(user_id, str) or not user_id:
        raise Unauthorized("the token does not name a user; log in to Navidrome again")
    return Token(jwt, user_id, str(claims.get("sub", "")), _seconds(claims))


def _seconds(claims: Mapping[str, Any]) -> float | None:
    expires = claims.get("exp")
    return float(expires) if isinstance(expires, int | float) and not isinstance(expires, bool) else None


def _token_of(request: web.Request) -> str:
    header = request.headers.get(TOKEN_HEADER, "")
    scheme, _, value = header.strip().partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    return request.cookies.get(TOKEN_NAME, "") or request.query.get(TOKEN_NAME, "")


def proxied(request: web.Request, settings: GatewaySettings) -> Proxied | None:
    """Return the user whom a trusted proxy names, if it names one."""
    header = settings.proxy_user_header
    name = request.headers.get(header, "").strip() if header else ""
    if not name or not is_proxied(request, settings):
        return None
    return Proxied(name[:MAX_LENGTH], header)


def _digest(*parts: str) -> str:
    """Return a hash to store instead of the credentials."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
