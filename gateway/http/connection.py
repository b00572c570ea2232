"""One HTTP connection: admitted by the `ConnectionLimits`; it answers invalid HTTP with our error body."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final, cast

from aiohttp import web

from contract.errors import Busy, Internal, InvalidRequest, MeshError
from gateway.http.errors import error_response
from gateway.http.forwarded import limit_key
from gateway.http.middlewares.trace import dress, new_identity

if TYPE_CHECKING:
    from gateway.http.connection_limits import ConnectionLimits

log = logging.getLogger(__name__)

#: Seconds spent reading the rest of a refused body, so that its sender gets to read the error.
LINGERING_SECONDS: Final = 5.0
#: Longest description of invalid HTTP in an error or log line, in characters.
MAX_SHOWN: Final = 200


class Connection(web.RequestHandler):
    """A connection. `since` is when its next request began to arrive, by the loop's clock; 0 while none does."""

    __slots__ = ("_limits", "address", "key", "patience", "since", "stuck_since", "unsent")

    def __init__(self, limits: ConnectionLimits, server: web.Server, **options: Any) -> None:
        super().__init__(
            server, loop=asyncio.get_running_loop(), auto_decompress=False, lingering_time=LINGERING_SECONDS, **options
        )
        self._limits = limits
        self.address = ""
        self.key = ""
        self.since = self.stuck_since = 0.0
        self.unsent = 0
        #: Seconds that the peer may read nothing of its response; None: as the limits have it.
        self.patience: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        self.key = limit_key(self.address)
        self.since = self._loop.time()
        if self._limits.enter(self):
            super().connection_made(transport)
        else:
            refuse(cast(asyncio.Transport, transport), Busy("too many connections; try again in a moment"))
            self.close()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._limits.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self.since:
            self.since = self._loop.time()
        super().data_received(data)

    def resume_reading(self, resume_parser: bool = True) -> None:
        """Do nothing unless reading is paused: aiohttp calls this for every body, and would parse nothing once more."""
        if self._reading_paused:
            super().resume_reading(resume_parser)

    def drop(self, error: MeshError | None = None, status: int | None = None) -> None:
        """Close the connection, after sending `error` if there is one."""
        if self.transport is not None:
            if error is not None:
                refuse(self.transport, error, status)
            self.force_close()

    def abort(self) -> None:
        """Close the connection at once: its peer does not read the response."""
        if self.transport is not None:
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return the response to invalid HTTP, or to a defect that got past the middlewares."""
        if request.writer.output_size > 0 or isinstance(exc, ConnectionError):
            raise ConnectionError("the response has already begun, or nobody is there to read it")
        if status >= 500:
            log.error("a request failed outside of its handler", exc_info=exc)
            error: MeshError = Internal("internal error; see the gateway's log")
        else:
            reason = " ".join((message or str(exc)).split())[:MAX_SHOWN]
            log.info("refused a malformed HTTP request: %r", reason)
            error = InvalidRequest(f"malformed HTTP: {reason}", {"field": "", "reason": reason})
        response = error_response(error, status)
        dress(response, new_identity())
        response.force_close()
        return response


def refuse(transport: asyncio.Transport, error: MeshError, status: int | None = None) -> None:
    """Write an error without reading a request, then close."""
    response = error_response(error, status)
    dress(response, new_identity())
    body = cast(bytes, response.body)
    head = {**response.headers, "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"HTTP/1.1 {response.status} {response.reason}", *(f"{name}: {value}" for name, value in head.items())]
    transport.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    transport.close()
