"""How callers are cached: for how long, for whom, and what happens when Navidrome limits requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar, cast

import pytest

from contract.errors import Busy, NavidromeUnavailable, Unauthorized
from gateway.mesh import MeshConnection
from gateway.people.credentials import Subsonic, read_token
from gateway.people.identity import KNOWN_SECONDS, REFUSED_SECONDS, Identities
from gateway.people.navidrome import Navidrome
from tests.harness.navidrome_stand_in import StandIn

T = TypeVar("T")
PEER = "10.0.0.1"


@pytest.fixture(scope="module")
def shared(everybody: Path) -> Iterator[StandIn]:
    there = StandIn(everybody)
    there.up()
    yield there
    there.stop()


@pytest.fixture
def there(shared: StandIn) -> StandIn:
    shared.calls.clear()
    shared.faults.clear()
    return shared


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def run(there: StandIn, act: Callable[[Identities], Awaitable[T]], clock: Clock, wall: Clock | None = None) -> T:
    """`act` with identities of their own; no mesh is needed for those who log in to Navidrome."""

    async def main() -> T:
        navidrome = Navidrome(there.url, 10)
        try:
            return await act(Identities(navidrome, cast(MeshConnection, None), clock, wall or clock))
        finally:
            await navidrome.close()

    return asyncio.run(main())


def test_a_caller_is_asked_for_once_a_minute(there: StandIn) -> None:
    clock = Clock()
    token = read_token(there.token("alice"))

    async def act(identities: Identities) -> list[int]:
        asked = []
        for seconds in (0.0, KNOWN_SECONDS - 1, 2.0):
            clock.now += seconds
            assert (await identities.who(token, PEER)).user_name == "alice"
            asked.append(len(there.calls))
        return asked

    assert run(there, act, clock) == [1, 1, 2]


def test_many_at_once_ask_once(there: StandIn) -> None:
    token = read_token(there.token("alice"))

    async def act(identities: Identities) -> set[str]:
        found = await asyncio.gather(*(identities.who(token, PEER) for _ in range(20)))
        return {person.user_name for person in found}

    assert run(there, act, Clock()) == {"alice"}
    assert there.calls == ["GET user"]


def test_nobody_is_remembered_longer_than_the_token_is_good(there: StandIn) -> None:
    clock, wall = Clock(), Clock()
    token = read_token(there.token("alice"))
    assert token.expires is not None
    wall.now = token.expires - 10

    async def act(identities: Identities) -> int:
        for seconds in (0, 9, 2):
            clock.now += seconds
            await identities.who(token, PEER)
        return len(there.calls)

    assert run(there, act, clock, wall) == 2


def test_a_refusal_is_remembered_for_a_moment(there: StandIn) -> None:
    clock = Clock()
    wrong = Subsonic("alice", (("p", "wrong"),))

    async def act(identities: Identities) -> list[int]:
        asked = []
        for seconds in (0.0, REFUSED_SECONDS - 1, 2.0):
            clock.now += seconds
            with pytest.raises(Unauthorized):
                await identities.who(wrong, PEER)
            asked.append(len(there.calls))
        return asked

    assert run(there, act, clock) == [1, 1, 2]


def test_navidrome_is_left_alone_as_long_as_it_says(there: StandIn) -> None:
    there.faults["GET user"] = [429]

    async def act(identities: Identities) -> list[float]:
        waits = []
        for name in ("alice", "bob"):
            with pytest.raises(Busy) as busy:
                await identities.who(read_token(there.token(name)), PEER)
            waits.append(busy.value.detail["retry_after"])
        return waits

    first, second = run(there, act, Clock())
    assert first == 7
    assert 0 < second <= 7
    assert there.calls == ["GET user"]


def test_what_is_not_there_is_not_remembered(there: StandIn) -> None:
    there.faults["GET user"] = [500]
    token = read_token(there.token("alice"))

    async def act(identities: Identities) -> str:
        with pytest.raises(NavidromeUnavailable):
            await identities.who(token, PEER)
        return (await identities.who(token, PEER)).user_name

    assert run(there, act, Clock()) == "alice"
