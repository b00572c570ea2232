"""Rate limits: a token bucket per user, in bounded memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

#: Buckets that are remembered; the least recently used falls out, and so starts full again.
MAX_USERS = 10_000


class RateLimiter:
    """`rate` requests a second in the long run, `burst` at once. A rate of 0 lets everything pass."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, user: str) -> float:
        """0 and one token less, or the seconds until there is a token again."""
        if self._rate <= 0:
            return 0.0
        now = self._clock()
        tokens, then = self._buckets.pop(user, (self._burst, now))
        tokens = min(self._burst, tokens + (now - then) * self._rate)
        delay = 0.0 if tokens >= 1 else (1 - tokens) / self._rate
        self._buckets[user] = (tokens if delay else tokens - 1, now)
        if len(self._buckets) > MAX_USERS:
            self._buckets.popitem(last=False)
        return delay
