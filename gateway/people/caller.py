"""The caller of a request, for handlers: identified, logged, limited; their renewed token is passed on."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from contract.errors import Busy, Forbidden
from contract.text import header_value
from gateway.http.forwarded import client_address, limit_key
from gateway.http.middlewares.trace import note
from gateway.http.noted import is_noted
from gateway.keys import IDENTITIES, LIMITER, SETTINGS
from gateway.people.credentials import TOKEN_HEADER, TOKEN_NAME, Credentials, Proxied, Subsonic, present, proxied
from gateway.people.identity import Caller
from gateway.session.same_origin import valid_session

#: Prefix of paths for people, who log in to Navidrome rather than to the mesh.
PEOPLE_PATHS: Final = "/api/"
CHALLENGE: Final = "Navidrome"
#: The token that Navidrome renewed; every response to the request carries it, including errors.
RENEWED: web.RequestKey[str] = web.RequestKey("renewed_token", str)


async def caller(request: web.Request) -> tuple[Caller, Credentials]:
    """Identify the caller. Raises `Unauthorized`, `NavidromeUnavailable`, `Busy` if they call too often."""
    person, credentials = await known_caller(request)
    # Not the bucket of playlists that name this user: anybody may name anybody there.
    wait = request.app[LIMITER].wait(f"identified {person.user_name}")
    if wait:
        raise Busy("too many requests; wait a moment", {"retry_after": wait})
    return person, credentials


async def known_caller(request: web.Request) -> tuple[Caller, Credentials]:
    """Like `caller`, without the limit: a page shows a hundred covers at once."""
    credentials = credentials_of(request)
    return await identify(request, credentials), credentials


def credentials_of(request: web.Request) -> Credentials:
    """Return what the request brings: a login of its own, else the console's session, else any other.

    Raises `Unauthorized`, and `Forbidden` if a page of another site may have sent it.
    """
    settings = request.app[SETTINGS]
    named = TOKEN_HEADER in request.headers or bool({TOKEN_NAME, "u"} & request.query.keys())
    found = None if named else session_login(request)
    return found or present(request, settings)


def session_login(request: web.Request) -> Subsonic | None:
    """Return the login of the person who is signed in to the console, unless a proxy names another.

    Raises as `is_valid_for`.
    """
    session = valid_session(request)
    if session is None or session.credentials is None:
        return None
    named: Proxied | None = proxied(request, request.app[SETTINGS])
    if named is not None and named.user_name.lower() != session.user_name.lower():
        return None
    return session.credentials


async def identify(request: web.Request, credentials: Credentials) -> Caller:
    """Ask Navidrome who this is. Raises `Unauthorized`, `NavidromeUnavailable`, `Busy`."""
    address = limit_key(client_address(request, request.app[SETTINGS]))
    person = await request.app[IDENTITIES].who(credentials, address)
    note(request, user=person.user_name)
    renew(request, person.token)
    return person


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


def pass_on_token(request: web.Request, response: web.StreamResponse) -> None:
    """Add the renewed token to the response; keep browsers from showing a password dialog on refusals."""
    if "WWW-Authenticate" in response.headers and request.path.startswith(PEOPLE_PATHS):
        response.headers["WWW-Authenticate"] = CHALLENGE
    if is_noted(request, RENEWED):
        response.headers[TOKEN_HEADER] = header_value(request[RENEWED])
