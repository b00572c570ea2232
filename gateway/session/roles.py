"""Who may use the operator's part: an admin of Navidrome, or the operator themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from aiohttp import web

from contract.errors import Forbidden, Unauthorized
from gateway.http.forwarded import FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO
from gateway.http.middlewares.access import check_token
from gateway.http.middlewares.trace import note
from gateway.keys import SETTINGS
from gateway.people.caller import identify, session_login
from gateway.people.credentials import TOKEN_HEADER, TOKEN_NAME, present, proxied
from gateway.people.identity import Caller
from gateway.session.same_origin import is_cross_site, valid_session

#: How somebody was identified.
Via = Literal["session", "proxy", "token", "loopback", "login"]
#: Headers that only a proxy sends: behind one, everybody seems to be on this machine.
FORWARDED: Final = (FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO, "Forwarded", "Via", "X-Real-IP")


@dataclass(frozen=True, slots=True)
class OperatorAccess:
    """Somebody who may use the operator's part; `person` None: the operator, who has no Navidrome account."""

    via: Via
    person: Caller | None = None


async def operator_access(request: web.Request) -> OperatorAccess:
    """Return who is using the operator's part.

    Raises `Unauthorized`, `Forbidden` for people who are no admins, `NavidromeUnavailable`, `Busy`.
    """
    if signed_in_operator(request):
        note(request, user="operator")
        return OperatorAccess("session")
    found = await _person(request)
    if found is not None:
        return found
    settings = request.app[SETTINGS]
    if settings.token is not None and "Authorization" in request.headers:
        check_token(request, settings.token)
        note(request, user="operator")
        return OperatorAccess("token")
    if is_local_operator(request):
        return OperatorAccess("loopback")
    either = ", or with the mesh's token" if settings.token is not None else ""
    raise Unauthorized(f"sign in as an admin of Navidrome{either}")


def signed_in_operator(request: web.Request) -> bool:
    """Return whether an operator is signed in, with the mesh's token. Raises as `is_valid_for`."""
    session = valid_session(request)
    return session is not None and bool(session.operator)


def is_local_operator(request: web.Request) -> bool:
    """Return whether the request counts as the operator's: the mesh has no token, and no proxy or other site sent it.

    Any site can make a browser on this machine send requests, even without a cookie.
    """
    if request.app[SETTINGS].token is not None or is_cross_site(request):
        return False
    return not any(header in request.headers for header in FORWARDED)


async def _person(request: web.Request) -> OperatorAccess | None:
    """Return the admin whom the request names, or None. Raises `Forbidden` if it names somebody who is not an admin."""
    settings = request.app[SETTINGS]
    named = TOKEN_HEADER in request.headers or bool({TOKEN_NAME, "u"} & request.query.keys())
    session = None if named else session_login(request)
    other = proxied(request, settings)
    if named:
        found = OperatorAccess("login", await identify(request, present(request, settings)))
    elif session is not None:
        found = OperatorAccess("session", await identify(request, session))
    elif other is not None:
        found = OperatorAccess("proxy", await identify(request, other))
    else:
        return None
    if found.person is None or not found.person.is_admin:
        raise Forbidden("only admins of Navidrome may do this")
    return found
