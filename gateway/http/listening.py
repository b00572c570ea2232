"""A listening port: aiohttp's runner behind our limits."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Final, cast

from aiohttp import web

from gateway.http.base_path import below
from gateway.http.connection import Connection
from gateway.http.connection_limits import ConnectionLimits

#: Seconds for requests in flight to finish once the gateway is stopping.
SHUTDOWN_SECONDS: Final = 4.0
#: Seconds before an idle connection is closed: longer than Go's client keeps one.
KEEP_ALIVE_SECONDS: Final = 95.0
#: Connections that wait to be accepted.
BACKLOG: Final = 1024


class ListeningSite(web.BaseSite):
    """Like aiohttp's TCPSite, with connections that register with the limits."""

    def __init__(self, runner: web.AppRunner, host: str, port: int, limits: ConnectionLimits, prefix: str) -> None:
        super().__init__(runner, backlog=BACKLOG)
        self._host = host
        self._port = port
        self._limits = limits
        self._prefix = prefix

    @property
    def name(self) -> str:
        return f"http://{self._host}:{self._port}"

    async def start(self) -> None:
        """Open the port. Raises `OSError`, `OverflowError` if that fails."""
        await super().start()
        server = cast(web.Server, self._runner.server)
        server.request_handler = self._limits.guard(cast(Any, server.request_handler))
        if self._prefix:
            server.request_factory = below(server.request_factory, self._prefix)
        make = partial(Connection, self._limits, server, access_log=None, keepalive_timeout=KEEP_ALIVE_SECONDS)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(make, self._host, self._port, backlog=self._backlog)


async def listen(
    app: web.Application, host: str, port: int, limits: ConnectionLimits, prefix: str = ""
) -> web.AppRunner:
    """Answer on the port, also below `prefix`, until the runner's `cleanup`. Raises `OSError`, `OverflowError`."""
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await ListeningSite(runner, host, port, limits, prefix).start()
    except BaseException:
        await runner.cleanup()
        raise
    return runner
