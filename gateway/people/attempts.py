"""A limit on wrong logins: each login takes a token before Navidrome checks it, and a correct one gives it back."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from contract.errors import Busy
from gateway.http.limiter import RateLimiter

#: Most logins per key that wait for the outcome of others.
MAX_WAITING: Final = 100


class Attempts:
    """Allows `burst` wrong logins per key at once, then one every `seconds`.

    Correct logins cost nothing. If logins in progress hold all tokens, further ones wait for their outcome: an app that
    sends twenty requests at once is served, but of six hundred simultaneous guesses only `burst` are checked.
    """

    def __init__(self, burst: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._bucket = RateLimiter(1 / seconds, burst, clock)
        self._under_way: Counter[str] = Counter()
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def pay(self, key: str, wrong: type[Exception]) -> AsyncIterator[None]:
        """Take a token for one login; it is lost if the body raises `wrong`. Raises `Busy` if none is left."""
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
                raise Busy("too many failed logins; wait a moment", {"retry_after": delay})
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
