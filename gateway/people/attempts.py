"""Logins that Navidrome may be asked to check: each is paid for before that, and right ones get their pay back."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from contract.errors import Busy
from gateway.http.limiter import RateLimiter

#: Logins that may wait for one key until others of it are decided.
MAX_WAITING: Final = 100


class Attempts:
    """`burst` wrong logins of a key at once, then one in so many `seconds`.

    Right ones cost nothing: where everything is spent on logins that are under way, the next ones wait for these, so
    that an app with twenty requests at once is served, while of six hundred guesses at once only `burst` are checked.
    """

    def __init__(self, burst: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._bucket = RateLimiter(1 / seconds, burst, clock)
        self._under_way: Counter[str] = Counter()
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def pay(self, key: str, wrong: type[Exception]) -> AsyncIterator[None]:
        """One login; the pay is lost where the body raises `wrong`. Raises `Busy` where nothing is left."""
        await self._take(key)
        lost = False
        try:
            yield
        except wrong:
            lost = True
            raise
        finally:
            self._settle(key, lost=lost)

    async def _take(self, key: str) -> None:
        while delay := self._bucket.wait(key):
            waiting = self._waiting.setdefault(key, [])
            if not self._under_way[key] or len(waiting) >= MAX_WAITING:
                if not waiting:
                    del self._waiting[key]
                raise Busy("too many wrong logins; wait a moment", {"retry_after": delay})
            decided: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            waiting.append(decided)
            await decided
        self._under_way[key] += 1

    def _settle(self, key: str, *, lost: bool) -> None:
        self._under_way[key] -= 1
        if not self._under_way[key]:
            del self._under_way[key]
        if not lost:
            self._bucket.give(key)
        for decided in self._waiting.pop(key, ()):
            if not decided.done():
                decided.set_result(None)
