"""The cookie of a session: read once per request, written when somebody signs in or out or it is due for renewal."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from gateway.http.base_path import base_path
from gateway.http.forwarded import FORWARDED_PROTO, told
from gateway.http.noted import is_noted
from gateway.keys import SESSIONS, SETTINGS
from gateway.session.session import Session

NAME: Final = "sonicmesh_session"

#: The session that a request came with; None: without a valid one.
_READ: web.RequestKey[Any] = web.RequestKey("session", object)
#: What to write into the response: a session, or None to remove the cookie.
_WRITE: web.RequestKey[Any] = web.RequestKey("session_to_write", object)
#: Set if this request signed somebody in or out.
_FRESH: web.RequestKey[bool] = web.RequestKey("session_is_fresh", bool)


def lifetime(request: web.Request) -> float:
    """Return the seconds without use after which a session ends."""
    return request.app[SETTINGS].session_seconds


def session_of(request: web.Request) -> Session | None:
    """Return the current session: the one to be written, else the one that was read."""
    if _READ not in request:
        request[_READ] = _read(request)
    found: Session | None = request[_WRITE] if _WRITE in request else request[_READ]
    return found


def write_session(request: web.Request, session: Session | None) -> None:
    """Have the response set the cookie, or remove it."""
    request[_WRITE] = session
    request[_FRESH] = True


def is_fresh(request: web.Request) -> bool:
    """Return whether this request itself made the session."""
    return _FRESH in request


def _read(request: web.Request) -> Session | None:
    value = request.cookies.get(NAME, "")
    sessions = request.app[SESSIONS]
    session = sessions.open(value) if value else None
    now = time.time()
    if session is None or session.expires(lifetime(request)) < now:
        return None
    if session.operator and not sessions.is_operator(session.operator):
        session = replace(session, operator="")  # the mesh has another token now, or is set up
    if not session.operator and not session.user_name:
        return None
    if session.is_stale(now, lifetime(request)):
        request[_WRITE] = session.renewed(now)
    return session


def keep_session(request: web.Request, response: web.StreamResponse) -> None:
    """Write the cookie that a handler asked for, or that of a session that is due for renewal."""
    if not is_noted(request, _WRITE):
        return
    session: Session | None = request[_WRITE]
    if session is not None and request.app[SESSIONS].has_ended(session):
        return  # another request has ended it meanwhile, and may have set a new cookie
    settings = request.app[SETTINGS]
    path = f"{base_path(request, settings)}/api"
    secure = request.secure or told(request, settings, FORWARDED_PROTO).lower() == "https"
    value, seconds = "", 0
    if session is not None:
        value = request.app[SESSIONS].sealer.seal(session)
        seconds = max(1, int(session.expires(lifetime(request)) - time.time()))
    attributes = f"Max-Age={seconds}; Path={path}; HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")
    # `set_cookie` would come too late here.
    response.headers.add("Set-Cookie", f"{NAME}={value}; {attributes}")
