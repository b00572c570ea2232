"""Limits on connections: how many in all, how many per address, and how long they may keep the gateway waiting.

At the limit, the connection that has waited longest for its next request makes room, so idle connections never keep
others out, however many somebody opens. A new connection is refused only if all others are being answered.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from contract.errors import Busy, InvalidRequest
from gateway.http.connection import Connection
from gateway.http.errors import error_response
from gateway.http.forwarded import client_address, is_trusted, limit_key
from gateway.http.middlewares.errors import http_error
from gateway.settings import GatewaySettings

log = logging.getLogger(__name__)

#: Seconds between two checks of all connections.
LOOK_SECONDS: Final = 1.0
#: Seconds within which a peer must read some of its response.
READ_SECONDS: Final = 30.0
#: Seconds between two log lines about refused connections.
LINE_SECONDS: Final = 60.0
#: Status of a request whose head did not arrive in time.
REQUEST_TIMEOUT: Final = 408

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class ConnectionLimits:
    """The connections of both ports, at most `most` in all."""

    def __init__(self, settings: GatewaySettings, most: int) -> None:
        self._settings = settings
        self._most = most
        self._open: dict[Connection, None] = {}
        #: Connections without a request, longest waiting first.
        self._waiting: dict[Connection, None] = {}
        self._of: Counter[str] = Counter()
        self._asking: Counter[str] = Counter()
        self._turned_away: Counter[str] = Counter()
        self._told = float("-inf")

    @property
    def open(self) -> int:
        """The number of open connections."""
        return len(self._open)

    def enter(self, connection: Connection) -> bool:
        """Return whether `connection` is admitted; a waiting one may be dropped to make room."""
        own = 0 if is_trusted(connection.address, self._settings.proxy_trusted) else self._of[connection.key]
        if own >= self._settings.connections_per_address:
            rival = next((other for other in self._waiting if other.key == connection.key), None)
        elif len(self._open) >= self._most:
            rival = next(iter(self._waiting), None)
        else:
            rival = connection
        if rival is not connection:
            self._turned_away[connection.key] += 1
            if rival is None:
                return False
            self.leave(rival)
            rival.drop()
        self._open[connection] = self._waiting[connection] = None
        self._of[connection.key] += 1
        return True

    def leave(self, connection: Connection) -> None:
        """Forget a connection that is closed or about to be."""
        if self._open.pop(connection, self) is self:
            return
        self._waiting.pop(connection, None)
        self._of[connection.key] -= 1
        if not self._of[connection.key]:
            del self._of[connection.key]

    def guard(self, handle: Handle) -> Handle:
        """Wrap `handle` to track which connections are being answered and to give early errors our body."""

        async def guarded(request: web.BaseRequest) -> web.StreamResponse:
            connection = request.protocol
            assert isinstance(connection, Connection)
            connection.since = 0.0
            self._waiting.pop(connection, None)
            try:
                return await handle(request)
            except web.HTTPException as error:
                return http_error(request, error, self._settings)
            finally:
                if connection in self._open:
                    self._waiting[connection] = None

        return self._by_person(guarded) if self._settings.proxy_trusted else guarded

    def _by_person(self, handle: Handle) -> Handle:
        """Count requests per person: a trusted proxy opens as many connections as it likes."""

        async def counted(request: web.BaseRequest) -> web.StreamResponse:
            person = limit_key(client_address(request, self._settings))
            if self._asking[person] >= self._settings.connections_per_address:
                self._turned_away[person] += 1
                return error_response(Busy("too many simultaneous requests from your address; try again in a moment"))
            self._asking[person] += 1
            try:
                return await handle(request)
            finally:
                self._asking[person] -= 1
                if not self._asking[person]:
                    del self._asking[person]

        return counted

    async def watch(self) -> None:
        """End connections that take too long, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = asyncio.get_running_loop().time()
            self._end_slow_heads(now)
            self._end_unread(now)
            self._tell(now)

    def _end_slow_heads(self, now: float) -> None:
        seconds = self._settings.header_seconds
        late = [each for each in self._waiting if each.since and now - each.since > seconds]
        for connection in late:
            self._turned_away[connection.key] += 1
            self.leave(connection)
            reason = f"the head of the request did not arrive within {seconds:g} s"
            connection.drop(InvalidRequest(reason, {"field": "", "reason": "too slow"}), REQUEST_TIMEOUT)

    def _end_unread(self, now: float) -> None:
        for connection in list(self._open):
            size = connection.transport.get_write_buffer_size() if connection.transport is not None else 0
            if not size or size < connection.unsent or not connection.stuck_since:
                connection.stuck_since = now if size else 0.0
            elif now - connection.stuck_since > (connection.patience or READ_SECONDS):
                self._turned_away[connection.key] += 1
                self.leave(connection)
                connection.abort()
            connection.unsent = size

    def _tell(self, now: float) -> None:
        if not self._turned_away or now - self._told < LINE_SECONDS:
            return
        address, number = self._turned_away.most_common(1)[0]
        log.warning(
            "closed or refused %d connections, too many at once or too slow, most of them (%d) from %s; "
            "%d are open (SONICMESH_CONNECTIONS, SONICMESH_CONNECTIONS_PER_ADDRESS, SONICMESH_HEADER_SECONDS)",
            self._turned_away.total(), number, address, len(self._open),
        )  # fmt: skip
        self._turned_away.clear()
        self._told = now
