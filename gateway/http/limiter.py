"""Rate limits: a token bucket per user or address, in bounded memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

#: Most buckets kept; the least recently used is discarded, so it starts full again.
MAX_USERS: Final = 10_000


class RateLimiter:
    """Allows `rate` requests a second in the long run, `burst` at once. A rate of 0 allows everything."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, user: str) -> float:
        """Take a token and return 0, or return the seconds until the next one."""
        if self._rate <= 0:
            return 0.0
        now = self._clock()
        tokens = self._tokens(user, now)
        delay = self._delay(tokens)
        self._put(user, tokens if delay else tokens - 1, now)
        return delay

    def delay(self, user: str) -> float:
        """Return the seconds until the next token, without taking it."""
        if user not in self._buckets:
            return 0.0
        return self._delay(self._tokens(user, self._clock()))

    def give(self, user: str) -> None:
        """Put back a token that was not used after all."""
        if self._rate > 0:
            now = self._clock()
            self._put(user, min(self._burst, self._tokens(user, now) + 1), now)

    def _tokens(self, user: str, now: float) -> float:
        tokens, then = self._buckets.get(user, (self._burst, now))
        return min(self._burst, tokens + (now - then) * self._rate)

    def _delay(self, tokens: float) -> float:
        return 0.0 if tokens >= 1 else (1 - tokens) / self._rate

    def _put(self, user: str, tokens: float, now: float) -> None:
        self._buckets[user] = (tokens, now)
        self._buckets.move_to_end(user)
        if len(self._buckets) > MAX_USERS:
            self._buckets.popitem(last=False)
