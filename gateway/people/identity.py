"""Who is calling: confirmed by Navidrome, cached for a minute."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from contract.errors import Forbidden, NotFound, Unauthorized
from contract.library import AsyncLibraryClient
from contract.people import PersonRequest
from gateway.mesh import MeshConnection
from gateway.people.attempts import Attempts
from gateway.people.credentials import Credentials, Proxied, Subsonic, Token
from gateway.people.navidrome import Navidrome

#: Seconds for which confirmed and refused callers are cached.
KNOWN_SECONDS: Final = 60.0
REFUSED_SECONDS: Final = 5.0
#: Most callers in the cache.
MAX_KNOWN: Final = 2_000
#: Wrong passwords per user and address: `FAILURES` at once, then one every `FAILURE_SECONDS`. This is Navidrome's own
#: limit; it sees only the mesh's address, so guessing through the mesh must not be faster.
FAILURES: Final = 5
FAILURE_SECONDS: Final = 4.0
#: The same per address, for all users and tokens: an app with an old password must not lock out its household.
ADDRESS_FAILURES: Final = 20
ADDRESS_FAILURE_SECONDS: Final = 1.0
#: Seconds that the library may take to look up a proxied user.
LIBRARY_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller known to Navidrome. `user_id` is empty if unknown; `token` is the renewed one, if any."""

    user_id: str
    user_name: str
    is_admin: bool
    token: str = ""


@dataclass(frozen=True, slots=True)
class _Remembered:
    until: float
    outcome: Caller | Unauthorized


class Identities:
    """Callers by the digest of their credentials; concurrent requests share one check. Clocks in seconds."""

    def __init__(
        self,
        navidrome: Navidrome,
        mesh: MeshConnection,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._navidrome = navidrome
        self._library = AsyncLibraryClient(mesh)
        self._clock = clock
        self._wall = wall
        self._known: OrderedDict[str, _Remembered] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Caller]] = {}
        self._of_user = Attempts(FAILURES, FAILURE_SECONDS, clock)
        self._of_address = Attempts(ADDRESS_FAILURES, ADDRESS_FAILURE_SECONDS, clock)
        #: Users who have logged in from an address, so that others' guesses there do not lock them out.
        self._welcome: OrderedDict[str, None] = OrderedDict()

    async def who(self, credentials: Credentials, address: str) -> Caller:
        """Return the caller at `address`. Raises `Unauthorized`, `Busy`, `NavidromeUnavailable`."""
        key = credentials.key
        remembered = self._known.get(key)
        if remembered is not None and remembered.until > self._clock():
            self._known.move_to_end(key)
            if isinstance(remembered.outcome, Unauthorized):
                raise Unauthorized(remembered.outcome.message)
            return remembered.outcome
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._ask(credentials, address))
            task.add_done_callback(lambda done: self._asked(key, done))
        return await asyncio.shield(task)

    def _asked(self, key: str, task: asyncio.Task[Caller]) -> None:
        self._asking.pop(key, None)
        if not task.cancelled():
            task.exception()  # all who waited for it may be gone

    async def _ask(self, credentials: Credentials, address: str) -> Caller:
        async with AsyncExitStack() as paid:
            user = f"{address} {credentials.user_name.lower()}"
            if isinstance(credentials, Subsonic):
                await paid.enter_async_context(self._of_user.pay(user, Unauthorized))
            if not isinstance(credentials, Proxied) and user not in self._welcome:  # a proxy has checked its users
                await paid.enter_async_context(self._of_address.pay(address, Unauthorized))
            try:
                person = await self._confirm(credentials)
            except (Unauthorized, Forbidden, NotFound) as error:
                refused = Unauthorized(error.message)
                self._remember(credentials.key, refused, REFUSED_SECONDS)
                raise refused from error
        self._remember(credentials.key, person, self._seconds(credentials))
        self._welcome[user] = None
        self._welcome.move_to_end(user)
        if len(self._welcome) > MAX_KNOWN:
            self._welcome.popitem(last=False)
        return person

    async def _confirm(self, credentials: Credentials) -> Caller:
        if isinstance(credentials, Proxied):
            # The proxy has checked the password; Navidrome's database says who the user is.
            found = await self._library.person(PersonRequest(user_name=credentials.user_name), timeout=LIBRARY_SECONDS)
            return Caller(found.id, found.user_name, found.is_admin)
        user, token = await self._navidrome.user(credentials)
        return Caller(str(user.get("id", "")), str(user["userName"]), bool(user.get("isAdmin")), token)

    def _seconds(self, credentials: Credentials) -> float:
        """Return how long to cache a caller, at most until their token expires."""
        if isinstance(credentials, Token) and credentials.expires is not None:
            return min(KNOWN_SECONDS, credentials.expires - self._wall())
        return KNOWN_SECONDS

    def _remember(self, key: str, outcome: Caller | Unauthorized, seconds: float) -> None:
        self._known[key] = _Remembered(self._clock() + seconds, outcome)
        self._known.move_to_end(key)
        while len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
