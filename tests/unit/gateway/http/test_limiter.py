"""Token buckets."""

from __future__ import annotations

import pytest

from gateway.http import limiter
from gateway.http.limiter import RateLimiter


def test_a_burst_then_the_rate() -> None:
    now = [0.0]
    limit = RateLimiter(2.0, 3, lambda: now[0])
    assert [limit.wait("a") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert limit.wait("a") == pytest.approx(0.5)
    assert limit.wait("b") == 0.0
    now[0] = 0.5
    assert limit.wait("a") == 0.0
    assert limit.wait("a") > 0
    now[0] = 1000.0
    assert [limit.wait("a") for _ in range(4)] == [0.0, 0.0, 0.0, pytest.approx(0.5)]


def test_no_rate_no_limit() -> None:
    limit = RateLimiter(0.0, 1)
    assert {limit.wait("a") for _ in range(1000)} == {0.0}


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiter, "MAX_USERS", 2)
    limit = RateLimiter(0.001, 1)
    assert [limit.wait(user) for user in "abc"] == [0.0, 0.0, 0.0]
    assert limit.wait("c") > 0
    assert limit.wait("a") == 0.0
