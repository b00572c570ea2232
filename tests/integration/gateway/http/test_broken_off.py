"""A response that fails halfway is broken off: nobody takes what came for the whole."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
from aiohttp import web

from contract.errors import Busy
from gateway.http.middlewares.errors import begin, errors

ROWS: Final = b"row\n" * 1000


async def prepare(request: web.Request, _response: web.StreamResponse) -> None:
    begin(request)


async def halfway(request: web.Request) -> web.StreamResponse:
    """Fails after the first rows."""
    response = web.StreamResponse()
    await response.prepare(request)
    if "rows" in request.query:
        await response.write(ROWS)
        await asyncio.sleep(0.1)
    raise Busy("no more rows")


@asynccontextmanager
async def serving() -> AsyncIterator[int]:
    """The port of a server with the gateway's middleware."""
    app = web.Application(middlewares=[errors])
    app.on_response_prepare.append(prepare)
    app.router.add_get("/", halfway)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def received(port: int, path: str, version: str) -> bytes:
    """All that came before the connection ended."""
    data = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(f"GET {path} HTTP/{version}\r\nHost: 127.0.0.1\r\n\r\n".encode())
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65536):
                data += part
    return data


@pytest.mark.parametrize("path", ["/", "/?rows=1"])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_no_second_head_ends_up_in_the_body(path: str, version: str) -> None:
    """Proxies ask with HTTP/1.0, where the end of the connection is the end of the body."""

    async def ask() -> bytes:
        async with serving() as port:
            return await asyncio.to_thread(received, port, path, version)

    data = asyncio.run(ask())
    assert data.count(b"HTTP/1.") <= 1 and b"busy" not in data
    assert not data.endswith(b"0\r\n\r\n"), "a player or a spreadsheet would take it for complete"
