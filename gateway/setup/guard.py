"""Keeps strangers out of the first run, and everybody once it is over."""

from __future__ import annotations

from functools import wraps

from aiohttp import web

from contract.errors import Conflict, Unauthorized
from gateway.http.endpoint import Handler
from gateway.http.forwarded import is_proxied
from gateway.http.middlewares.access import check_token
from gateway.http.middlewares.trace import note
from gateway.keys import SETTINGS
from gateway.session.roles import is_local_operator, signed_in_operator
from gateway.session.sessions import WHERE
from gateway.settings import is_loopback_host, split_host
from gateway.setup.state import is_set_up


def before_set_up(handler: Handler) -> Handler:
    """Wrap a handler: it runs only while the mesh is not set up, and only for those who may set it up.

    Raises `Conflict`, `Unauthorized`, `Forbidden`, `Busy`.
    """

    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        if is_set_up(request.app[SETTINGS]):
            raise Conflict("the mesh is set up already: `sonicmesh setup` in a terminal changes what was chosen")
        check_operator(request)
        return await handler(request)

    return guarded


def check_operator(request: web.Request) -> None:
    """Raise `Unauthorized` unless the request comes from this machine, or with the code or the mesh's token."""
    settings = request.app[SETTINGS]
    if not may_set_up(request):
        if settings.token is None or "Authorization" not in request.headers:
            raise Unauthorized(f"enter the code for the first run: {WHERE}")
        check_token(request, settings.token)
    note(request, user="operator")


def may_set_up(request: web.Request) -> bool:
    """Return whether an operator is signed in, or sits at this machine with no proxy between and no token set.

    Admins of Navidrome do not count: which Navidrome to believe is what is being decided.
    """
    if signed_in_operator(request):
        return True
    host = split_host(request.host)
    own = host is not None and (is_loopback_host(host[0]) or host[0].endswith(".localhost"))
    return own and is_local_operator(request) and not is_proxied(request, request.app[SETTINGS])
