"""The caller of a request, for handlers: identified, logged, limited; their renewed token is passed on."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from contract.errors import Busy, Forbidden
from contract.text import header_value
from gateway.http.forwarded import client_address, limit_key
from gateway.http.middlewares.trace import note
from gateway.keys import IDENTITIES, LIMITER, SETTINGS
from gateway.people.credentials import TOKEN_HEADER, Credentials, present
from gateway.people.identity import Caller

#: Prefix of paths for people, who log in to Navidrome rather than to the mesh.
PEOPLE_PATHS: Final = "/api/"
CHALLENGE: Final = "Navidrome"
#: The token that Navidrome renewed; every response to the request carries it, including errors.
RENEWED: web.RequestKey[str] = web.RequestKey("renewed_token", str)


async def caller(request: web.Request) -> tuple[Caller, Credentials]:
    """Identify the caller. Raises `Unauthorized`, `NavidromeUnavailable`, `Busy` if they call too often."""
    settings = request.app[SETTINGS]
    credentials = present(request, settings)
    person = await request.app[IDENTITIES].who(credentials, limit_key(client_address(request, settings)))
    note(request, user=person.user_name)
    renew(request, person.token)
    wait = request.app[LIMITER].wait(person.user_name)
    if wait:
        raise Busy("too many requests; wait a moment", {"retry_after": wait})
    return person, credentials


async def admin(request: web.Request) -> Caller:
    """Like `caller`, but raises `Forbidden` if the caller is not an admin."""
    person, _ = await caller(request)
    if not person.is_admin:
        raise Forbidden("only admins of Navidrome may do this")
    return person


def renew(request: web.Request, token: str) -> None:
    """Note a renewed token for the response."""
    if token:
        request[RENEWED] = token


async def hand_on(request: web.Request, response: web.StreamResponse) -> None:
    """Add the renewed token to the response; keep browsers from showing a password dialog on refusals."""
    if "WWW-Authenticate" in response.headers and request.path.startswith(PEOPLE_PATHS):
        response.headers["WWW-Authenticate"] = CHALLENGE
    if RENEWED in request:
        response.headers[TOKEN_HEADER] = header_value(request[RENEWED])
