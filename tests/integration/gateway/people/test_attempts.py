"""Guessing passwords through the mesh, in sequence and in parallel, from one address and from many."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from contract.errors import Busy, Unauthorized
from gateway.people.attempts import MAX_WAITING, Attempts
from gateway.people.identity import ADDRESS_FAILURES, FAILURES
from gateway.resources import TOKEN_FAILURES
from tests.harness.gateway_mesh import serving
from tests.harness.navidrome_stand_in import subsonic
from tests.harness.people_mesh import PeopleMesh

SETTINGS = "/api/recommendations/settings"


def outcomes(number: int, attempt: Callable[[Attempts, int], Awaitable[None]]) -> tuple[Counter[str], int]:
    """The outcomes of that many parallel attempts, and how many ran at once at most."""
    under_way = most = 0

    async def one(attempts: Attempts, n: int) -> str:
        nonlocal under_way, most
        try:
            async with attempts.pay("alice", Unauthorized):
                under_way += 1
                most = max(most, under_way)
                await asyncio.sleep(0.01)
                under_way -= 1
                await attempt(attempts, n)
        except (Busy, Unauthorized) as error:
            return error.code
        return "ok"

    async def main() -> Counter[str]:
        attempts = Attempts(5, 4.0, lambda: 0.0)
        return Counter(await asyncio.gather(*(one(attempts, n) for n in range(number))))

    return asyncio.run(main()), most


async def wrong(_attempts: Attempts, _n: int) -> None:
    raise Unauthorized("wrong")


async def right(_attempts: Attempts, _n: int) -> None:
    return


def test_of_hundreds_of_guesses_at_once_five_are_tried() -> None:
    assert outcomes(600, wrong) == ({"unauthorized": 5, "busy": 595}, 5)


def test_an_app_with_many_requests_at_once_is_served() -> None:
    assert outcomes(5 + MAX_WAITING, right) == ({"ok": 5 + MAX_WAITING}, 5)


def test_a_right_login_between_wrong_ones_costs_nothing() -> None:
    async def sometimes(attempts: Attempts, n: int) -> None:
        await (wrong if n in {0, 7} else right)(attempts, n)

    assert outcomes(30, sometimes)[0] == {"ok": 28, "unauthorized": 2}


def test_what_navidrome_does_not_decide_costs_nothing() -> None:
    async def broken(_attempts: Attempts, _n: int) -> None:
        raise Busy("Navidrome has had enough")

    async def main() -> None:
        attempts = Attempts(2, 4.0, lambda: 0.0)
        for _ in range(10):
            with pytest.raises(Busy, match="Navidrome"):
                async with attempts.pay("a", Unauthorized):
                    await broken(attempts, 0)

    asyncio.run(main())


@pytest.fixture(scope="module")
def proxied(everybody: Path) -> Iterator[PeopleMesh]:
    mesh = PeopleMesh(everybody, SONICMESH_PROXY_TRUSTED="127.0.0.1")
    yield mesh
    mesh.close()


def guess(people: PeopleMesh, address: str, logins: list[str]) -> tuple[Counter[int], int]:
    """Statuses, and how often Navidrome was asked."""
    before = people.navidrome.calls.count("getUser")
    with ThreadPoolExecutor(40) as pool:
        headers = {"X-Forwarded-For": f"6.6.6.6, {address}"}
        found = Counter(pool.map(lambda login: people.mesh.get(f"{SETTINGS}?{login}", **headers).status, logins))
    return found, people.navidrome.calls.count("getUser") - before


def test_guesses_at_once_do_not_reach_navidrome(proxied: PeopleMesh) -> None:
    found, asked = guess(proxied, "203.0.113.1", [subsonic("carol", f"guess {n}") for n in range(120)])
    assert set(found) == {401, 429}
    assert FAILURES <= asked <= FAILURES + 8, "the rest is what comes back while it takes its time"
    # Somebody elsewhere, and others here, are not held
    for address, name in (("203.0.113.2", "carol"), ("203.0.113.1", "alice")):
        assert guess(proxied, address, [subsonic(name)])[0] == {200: 1}


def test_one_address_does_not_try_everybodys_password(proxied: PeopleMesh) -> None:
    assert guess(proxied, "203.0.113.3", [subsonic("bob")])[0] == {200: 1}
    found, asked = guess(proxied, "203.0.113.3", [subsonic(f"user{n}", "password1") for n in range(200)])
    assert found[429] >= 100
    assert asked <= ADDRESS_FAILURES + 60
    # Who has logged in from there before is not locked out
    assert guess(proxied, "203.0.113.3", [subsonic("bob")])[0] == {200: 1}


def test_a_network_of_ipv6_is_one_address(proxied: PeopleMesh) -> None:
    found = Counter[int]()
    for n in range(12):
        found += guess(proxied, f"2001:db8::{n:x}", [subsonic("dave", f"guess {n}")])[0]
    assert found[429] >= 4


def test_wrong_tokens_of_the_mesh_are_counted_too() -> None:
    with serving(SONICMESH_TOKEN="the-token-of-the-mesh") as mesh:
        ask = partial(mesh.request, "GET", "/batch/jobs")
        found = [ask(headers={"Authorization": f"Bearer guess-{n}"}).status for n in range(TOKEN_FAILURES + 50)]
        assert found[:TOKEN_FAILURES] == [401] * TOKEN_FAILURES
        assert 429 in found
