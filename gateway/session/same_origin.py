"""Whether the page itself sent a request that a cookie authenticates: other sites can send its cookie, too."""

from __future__ import annotations

import hmac
from typing import Final

from aiohttp import web

from contract.errors import Forbidden
from gateway.http.forwarded import FORWARDED_HOST, FORWARDED_PROTO, told
from gateway.http.hosts import is_own_page
from gateway.keys import SETTINGS
from gateway.session.cookie import is_fresh, session_of
from gateway.session.session import Session

#: The header with the session's secret, which pages of other origins cannot read.
CSRF_HEADER: Final = "X-Sonicmesh-Csrf"
#: Methods that change nothing.
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def is_own_origin(request: web.Request, origin: str) -> bool:
    """Return whether `origin` is that of the gateway's own pages, as the browser sees them."""
    settings = request.app[SETTINGS]
    host = told(request, settings, FORWARDED_HOST) or request.host
    return is_own_page(origin, host, told(request, settings, FORWARDED_PROTO).lower())


def is_cross_site(request: web.Request) -> bool:
    """Return whether the browser says that a page of another site sent the request; other programs do not say."""
    return request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}


def valid_session(request: web.Request) -> Session | None:
    """Return the request's session if it may be used. Raises `Forbidden` as `is_valid_for` does."""
    session = session_of(request)
    return session if session is not None and is_valid_for(request, session) else None


def is_valid_for(request: web.Request, session: Session) -> bool:
    """Return whether the request may use the session. Pages of other origins may not: they need a login of their own.

    Raises `Forbidden` if the request changes something and nothing proves that our own page sent it.
    """
    if is_fresh(request):
        return True
    given = request.headers.get(CSRF_HEADER, "")
    if given and hmac.compare_digest(given.encode(errors="replace"), session.csrf.encode()):
        return True
    origin = request.headers.get("Origin")
    if origin is not None and not is_own_origin(request, origin):
        return False
    if request.method in SAFE_METHODS or origin is not None:
        return True
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    raise Forbidden(
        f"a change with the session's cookie needs the header {CSRF_HEADER} (`csrf` of api/recommendations/session), "
        "or an Origin of the page's own"
    )
