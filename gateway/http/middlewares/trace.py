"""A trace id for every request, a log line and a count for every response."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from random import getrandbits
from typing import Final

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.http.body_reader import HELD
from gateway.http.lines import info
from gateway.http.noted import is_noted
from gateway.http.tracing import TRACE
from gateway.keys import BODY_READER, METRICS

log = logging.getLogger("gateway.access")

HEADER: Final = "X-Request-Id"
#: A caller's trace id is kept if it cannot break a log line or a header.
ACCEPTED: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
#: Status logged for a client that hung up before its response.
HUNG_UP: Final = 499
#: Methods that the metrics distinguish: callers can make up any others.
METHODS: Final = frozenset({"GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE"})
#: Longest path in a log line, in characters.
MAX_PATH: Final = 200

#: Fields that handlers add to the log line, such as the user and the number of tracks. No secrets.
LOG_FIELDS: web.RequestKey[dict[str, object]] = web.RequestKey("log_fields", dict)


def note(request: web.BaseRequest, **fields: object) -> None:
    """Add fields to the request's log line."""
    if LOG_FIELDS not in request:
        request[LOG_FIELDS] = {}
    request[LOG_FIELDS].update(fields)


@web.middleware
async def trace(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outermost middleware: sees every response, including errors, and clients that hung up."""
    given = request.headers.get(HEADER, "")
    identity = given if ACCEPTED.fullmatch(given) else new_identity()
    TRACE.set(identity)
    request[LOG_FIELDS] = {}
    began = time.perf_counter()
    status = HUNG_UP
    try:
        response = await handler(request)
        status = response.status
        return response
    finally:
        if is_noted(request, HELD):
            request.app[BODY_READER].give_back(request)
        # Once the response has been written: its caller need not wait for our books.
        asyncio.get_running_loop().call_soon(_account, request, identity, status, time.perf_counter() - began)


def _account(request: web.Request, identity: str, status: int, seconds: float) -> None:
    method = request.method
    known = method if method in METHODS else "other"
    request.app[METRICS].observe_request(_route(request), known, status, seconds)
    if log.isEnabledFor(logging.INFO):
        extra = "".join([f" {name}={orjson.dumps(value).decode()}" for name, value in request[LOG_FIELDS].items()])
        path = request.rel_url.raw_path[:MAX_PATH]
        info(log, f"{method} {path} {status} {1000 * seconds:.1f} ms id={identity}{extra}")


def _route(request: web.Request) -> str:
    """Return the route's pattern: the number of different paths is unlimited."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"


def stamp(response: web.StreamResponse) -> None:
    """Add the common headers to every response, including streams."""
    dress(response, TRACE.get() or new_identity())  # some requests fail before they are traced


def new_identity() -> str:
    """Return a new trace id. It may be guessed: one from the kernel would cost ten times as much."""
    return f"{getrandbits(48):012x}"


def dress(response: web.StreamResponse, identity: str) -> None:
    """Set the headers of all responses, including those to invalid requests."""
    headers = response.headers
    headers[HEADER] = identity
    headers["Server"] = "sonic-mesh"
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Cache-Control", "no-store")
