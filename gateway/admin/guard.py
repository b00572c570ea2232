"""Keeps everybody but admins and operators out of a handler."""

from __future__ import annotations

from functools import wraps

from aiohttp import web

from gateway.http.endpoint import Handler
from gateway.session.roles import operator_access


def for_operators(handler: Handler) -> Handler:
    """Wrap a handler: it runs for admins of Navidrome and operators only; see `operator_access`."""

    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        await operator_access(request)
        return await handler(request)

    return guarded
