"""The web applications: the full one on port 9002 and its text-only part on port 9003."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from gateway.http.endpoint import Endpoint
from gateway.http.middlewares.access import access
from gateway.http.middlewares.cors import cors, permit
from gateway.http.middlewares.errors import begin, errors
from gateway.http.middlewares.trace import stamp, trace
from gateway.keys import FEED
from gateway.people.caller import pass_on_token
from gateway.resources import Resources
from gateway.routes import add_routes
from gateway.session.cookie import keep_session


def make_app(resources: Resources, endpoints: Sequence[Endpoint]) -> web.Application:
    """Make an application with its routes and middlewares."""
    app = web.Application(middlewares=[trace, errors, cors, access], client_max_size=resources.settings.body_bytes)
    resources.install(app)
    app.on_response_prepare.append(_prepare)
    app.on_shutdown.append(_close_streams)
    add_routes(app, endpoints)
    return app


async def _prepare(request: web.Request, response: web.StreamResponse) -> None:
    """Complete the head of a response, which is about to be sent."""
    begin(request)
    stamp(response)
    permit(request, response)
    pass_on_token(request, response)
    keep_session(request, response)


async def _close_streams(app: web.Application) -> None:
    """End the event streams: they never end by themselves, and would delay the shutdown."""
    app[FEED].close()
