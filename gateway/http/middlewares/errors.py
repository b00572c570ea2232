"""Turns every failure into the one error body, without a traceback."""

from __future__ import annotations

import logging
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from contract.errors import Forbidden, Internal, InvalidRequest, MeshError, NotFound, TooLarge, Unauthorized
from gateway.http.errors import error_response
from gateway.http.tracing import TRACE
from gateway.keys import SETTINGS
from gateway.settings import GatewaySettings

log = logging.getLogger(__name__)

_BY_STATUS: Final[dict[int, type[MeshError]]] = {401: Unauthorized, 403: Forbidden, 404: NotFound, 413: TooLarge}

#: Set once a response has begun.
BEGUN: web.RequestKey[bool] = web.RequestKey("begun", bool)


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Map typed errors by code, aiohttp's own by status, and anything else to `internal`."""
    try:
        try:
            return await handler(request)
        except Exception:
            _break_off(request)
            raise
    except MeshError as error:
        return error_response(error)
    except web.HTTPMethodNotAllowed as error:
        return _other_method(request, error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return http_error(request, error, request.app[SETTINGS])
    except Exception as error:
        if BEGUN in request and isinstance(error, ConnectionError):
            raise  # the caller left: there is nobody to answer, and nothing to repair
        log.exception("%s %s failed, id=%s", request.method, request.rel_url.raw_path, TRACE.get())
        return error_response(Internal(f"internal error; the gateway's log has the details under {TRACE.get()}"))


def _break_off(request: web.Request) -> None:
    """Break the connection off if the handler failed after it had begun to answer.

    A second head would end up in the body, and a caller that reads to the end of the connection would take it for data.
    """
    if BEGUN in request and request.transport is not None:
        request.transport.abort()


def begin(request: web.Request) -> None:
    """Note that the head of a response is about to be sent."""
    request[BEGUN] = True


def _other_method(request: web.Request, error: web.HTTPMethodNotAllowed) -> web.Response:
    allowed = ", ".join(sorted({*error.allowed_methods, "OPTIONS"}))
    if request.method == "OPTIONS":
        return web.Response(status=204, headers={"Allow": allowed})
    refusal = InvalidRequest(f"{request.path[:200]} takes {allowed}", {"field": "method", "allowed": allowed})
    return error_response(refusal, 405, {"Allow": allowed})


def http_error(request: web.BaseRequest, error: web.HTTPException, settings: GatewaySettings) -> web.Response:
    """Return one of aiohttp's own errors with our error body."""
    cls = _BY_STATUS.get(error.status, InvalidRequest if error.status < 500 else Internal)
    messages = {
        NotFound: f"there is nothing at {request.path[:200]}; see /docs",
        TooLarge: f"a body may have at most {settings.body_bytes} bytes",
    }
    return error_response(cls(messages.get(cls, error.reason)), error.status)
