"""What `/api/recommendations/session` says: who the caller is, and what is open to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from contract.errors import Busy, Forbidden, NavidromeUnavailable, Unauthorized
from gateway.http.base_path import base_path
from gateway.keys import NAVIDROME, SESSIONS, SETTINGS, STARTED
from gateway.people.caller import identify, session_login
from gateway.people.credentials import proxied
from gateway.people.identity import Caller
from gateway.session.cookie import lifetime, write_session
from gateway.session.roles import Via, is_local_operator
from gateway.session.same_origin import valid_session
from gateway.session.session import Session
from gateway.setup.state import is_set_up
from gateway.version import VERSION


@dataclass(frozen=True, slots=True)
class Known:
    """The sender of a request. `name`: the person's, even while Navidrome cannot confirm it."""

    name: str | None = None
    person: Caller | None = None
    operator: bool = False
    via: Via | None = None
    warnings: tuple[str, ...] = ()


async def state(request: web.Request) -> dict[str, Any]:
    """Return the body of the response; a session that Navidrome no longer accepts is ended."""
    settings, sessions = request.app[SETTINGS], request.app[SESSIONS]
    known = await _known(request)
    session = valid_session(request)
    reachable = await request.app[NAVIDROME].reachable()
    admin = known.person is not None and known.person.is_admin
    here = is_local_operator(request) and (known.name is None or admin)
    operator = known.operator or here
    return {
        "signed_in": known.name is not None or known.operator,
        "name": known.name,
        "admin": admin,
        "operator": operator,
        "via": known.via or ("loopback" if here else None),
        "expires_at": session.expires(lifetime(request)) if session is not None else None,
        "csrf": session.csrf if session is not None else "",
        "base_path": base_path(request, settings),
        "version": VERSION,
        "started_at": request.app[STARTED],
        "navidrome": {"reachable": reachable},
        "open": {"people": known.person is not None, "admin": operator or admin},
        "set_up": is_set_up(settings),
        "sign_in": [*(["password"] if reachable else []), *(["token"] if settings.token is not None else [])],
        "warnings": [*known.warnings, *([sessions.warning] if session is not None and sessions.warning else [])],
    }


async def _known(request: web.Request) -> Known:
    session = valid_session(request)
    operator = session is not None and bool(session.operator)
    login = session_login(request)
    named = proxied(request, request.app[SETTINGS])
    credentials = login or named
    via: Via | None = "session" if login or operator else "proxy" if named else None
    if credentials is None:
        return Known(operator=operator, via=via)
    try:
        person = await identify(request, credentials)
    except (NavidromeUnavailable, Busy) as error:
        return Known(credentials.user_name, None, operator, via, (error.message,))
    except (Unauthorized, Forbidden) as error:
        if login is not None and session is not None:
            _forget_person(request, session)
        return Known(operator=operator, via="session" if operator else None, warnings=(error.message,))
    return Known(person.user_name, person, operator, via)


def _forget_person(request: web.Request, session: Session) -> None:
    left = replace(session, user_name="", secrets=())
    write_session(request, left if left.operator else None)
