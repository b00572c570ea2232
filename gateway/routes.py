"""The endpoints of both ports; each feature defines its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from aiohttp import web

from gateway.about import routes as about
from gateway.admin import routes as admin
from gateway.batch import routes as batch
from gateway.console import routes as console
from gateway.events import routes as events
from gateway.explore import routes as explore
from gateway.export import routes as export
from gateway.health import routes as health
from gateway.http.base_path import to_the_page
from gateway.http.endpoint import Endpoint
from gateway.keys import ENDPOINTS, SETTINGS
from gateway.metrics import routes as metrics
from gateway.models import routes as models
from gateway.people import routes as people
from gateway.playlist import routes as playlist
from gateway.plugin import routes as plugin
from gateway.session import routes as session
from gateway.setup import routes as setup
from gateway.text import routes as text
from gateway.tracks import routes as tracks

MAIN: Final[Sequence[Endpoint]] = (
    *playlist.ENDPOINTS,
    *text.ENDPOINTS,
    *batch.ENDPOINTS,
    *models.ENDPOINTS,
    *health.ENDPOINTS,
    *tracks.ENDPOINTS,
    *export.ENDPOINTS,
    *session.ENDPOINTS,
    *setup.ENDPOINTS,
    *admin.ENDPOINTS,
    *explore.ENDPOINTS,
    *people.ENDPOINTS,
    *plugin.ENDPOINTS,
    *events.ENDPOINTS,
    *metrics.ENDPOINTS,
    *about.ENDPOINTS,
    *console.ENDPOINTS,
)

TEXT_ONLY: Final[Sequence[Endpoint]] = (*text.ENDPOINTS, models.LIST, text.HEALTH, *about.ENDPOINTS)


def add_routes(app: web.Application, endpoints: Sequence[Endpoint]) -> None:
    """Add the endpoints to an application."""
    app[ENDPOINTS] = endpoints
    prefix = app[SETTINGS].base_path
    if prefix:
        app.router.add_get(prefix, to_the_page)
    literal = {endpoint.path for endpoint in endpoints if "{" not in endpoint.path}
    for endpoint in endpoints:
        path = _apart(endpoint.path, literal)
        if endpoint.method == "GET":
            streams = endpoint.media == "text/event-stream"  # HEAD would never end
            app.router.add_get(path, endpoint.handler, allow_head=not streams, expect_handler=_expectation)
        else:
            app.router.add_route(endpoint.method, path, endpoint.handler, expect_handler=_expectation)


def _apart(path: str, literal: Collection[str]) -> str:
    """Return a path pattern whose last parameter does not match siblings that have endpoints of their own.

    Unsupported methods on those get 405 with the right `Allow`, instead of matching the parameter.
    """
    folder, _, last = path.rpartition("/")
    siblings = [other.rpartition("/")[2] for other in literal if other.rpartition("/")[0] == folder]
    if not (last.startswith("{") and siblings):
        return path
    names = "|".join(map(re.escape, sorted(siblings)))
    return f"{folder}/{last[:-1]}:(?!(?:{names})$)[^{{}}/]+}}"


async def _expectation(request: web.Request) -> None:
    """Do not send `100 Continue` yet: `BodyReader` requests the body later, after the token check."""
    if request.headers["Expect"].lower() != "100-continue":
        raise web.HTTPExpectationFailed
