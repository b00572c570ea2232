"""Files from Navidrome: open players keep nobody else waiting, and what is no file is not read to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import pytest
from aiohttp import web

from contract.errors import NavidromeUnavailable
from gateway.people.credentials import Subsonic
from gateway.people.navidrome import Navidrome

ALICE: Final = Subsonic("alice", (("t", "1"), ("s", "2")))
#: More than aiohttp's own limit of connections.
PLAYERS: Final = 120


async def endless(request: web.Request) -> web.StreamResponse:
    """A file, or a page, that begins and never ends."""
    response = web.StreamResponse(headers={"Content-Type": request.match_info["kind"].replace("-", "/")})
    await response.prepare(request)
    await response.write(b"begun")
    await asyncio.Event().wait()
    return response


async def ping(_request: web.Request) -> web.StreamResponse:
    return web.json_response({"subsonic-response": {"status": "failed"}})


@asynccontextmanager
async def navidrome() -> AsyncIterator[Navidrome]:
    app = web.Application()
    app.router.add_post("/rest/ping", ping)
    app.router.add_post("/rest/{kind}", endless)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found = Navidrome(f"http://127.0.0.1:{runner.addresses[0][1]}", 5.0)
    try:
        yield found
    finally:
        await found.close()
        await runner.cleanup()


def test_open_players_keep_nobody_from_logging_in() -> None:
    async def play() -> bool:
        async with navidrome() as reached, AsyncExitStack() as players:
            for _ in range(PLAYERS):
                await players.enter_async_context(reached.opened(ALICE, "audio-flac", (), {}, ("audio/",)))
            return await reached.reachable()

    assert asyncio.run(play())


def test_what_is_no_file_is_not_waited_for() -> None:
    async def ask() -> None:
        async with navidrome() as reached, reached.opened(ALICE, "text-html", (), {}, ("audio/",)):
            raise AssertionError("this is no file")

    async def soon() -> None:
        async with asyncio.timeout(3):
            await ask()

    with pytest.raises(NavidromeUnavailable, match="no file but 'text/html"):
        asyncio.run(soon())
