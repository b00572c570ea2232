"""Who is calling: asked of Navidrome, remembered for a minute."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from contract.errors import Forbidden, NotFound, Unauthorized
from contract.library import AsyncLibraryClient
from contract.people import PersonRequest
from gateway.mesh import Mesh
from gateway.people.attempts import Attempts
from gateway.people.credentials import Credentials, Proxied, Subsonic, Token
from gateway.people.navidrome import Navidrome

#: Seconds for which a caller is remembered, and one that Navidrome refused.
KNOWN_SECONDS = 60.0
REFUSED_SECONDS = 5.0
#: Callers that are remembered.
MAX_KNOWN = 2_000
#: Refused passwords for one user from one address: so many at once, then one in so many seconds. Navidrome's own
#: limit; it sees only the mesh's address, so guessing through the mesh must not be quicker.
FAILURES = 5
FAILURE_SECONDS = 4.0
#: The same for all users, and for tokens, from one address: an app with an old password must not lock its house out.
ADDRESS_FAILURES = 20
ADDRESS_FAILURE_SECONDS = 1.0
#: Seconds that the library may take to tell who a proxied user is.
LIBRARY_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Person:
    """A caller whom Navidrome knows. `user_id` is empty where it does not tell; `token` is one it renewed."""

    user_id: str
    user_name: str
    is_admin: bool
    token: str = ""


@dataclass(frozen=True, slots=True)
class _Remembered:
    until: float
    outcome: Person | Unauthorized


class Identities:
    """Callers by the digest of their credentials; several requests that bring the same ask once. Clocks in seconds."""

    def __init__(
        self,
        navidrome: Navidrome,
        mesh: Mesh,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._navidrome = navidrome
        self._library = AsyncLibraryClient(mesh)
        self._clock = clock
        self._wall = wall
        self._known: OrderedDict[str, _Remembered] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Person]] = {}
        self._of_user = Attempts(FAILURES, FAILURE_SECONDS, clock)
        self._of_address = Attempts(ADDRESS_FAILURES, ADDRESS_FAILURE_SECONDS, clock)
        #: Users who have logged in from an address: somebody who guesses there does not lock them out.
        self._welcome: OrderedDict[str, None] = OrderedDict()

    async def who(self, credentials: Credentials, address: str) -> Person:
        """The caller, who asks from `address`. Raises `Unauthorized`, `Busy`, `NavidromeUnavailable`."""
        key = credentials.key
        known = self._known.get(key)
        if known is not None and known.until > self._clock():
            self._known.move_to_end(key)
            if isinstance(known.outcome, Unauthorized):
                raise Unauthorized(known.outcome.message)
            return known.outcome
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._ask(credentials, address))
            task.add_done_callback(lambda done: self._asked(key, done))
        return await asyncio.shield(task)

    def _asked(self, key: str, task: asyncio.Task[Person]) -> None:
        self._asking.pop(key, None)
        if not task.cancelled():
            task.exception()  # everybody who waited may have gone

    async def _ask(self, credentials: Credentials, address: str) -> Person:
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

    async def _confirm(self, credentials: Credentials) -> Person:
        if isinstance(credentials, Proxied):
            # The proxy has asked for the password; Navidrome's database tells who that is.
            found = await self._library.person(PersonRequest(user_name=credentials.user_name), timeout=LIBRARY_TIMEOUT)
            return Person(found.id, found.user_name, found.is_admin)
        user, token = await self._navidrome.user(credentials)
        return Person(str(user.get("id", "")), str(user["userName"]), bool(user.get("isAdmin")), token)

    def _seconds(self, credentials: Credentials) -> float:
        """Never longer than the token itself is good for."""
        if isinstance(credentials, Token) and credentials.expires is not None:
            return min(KNOWN_SECONDS, credentials.expires - self._wall())
        return KNOWN_SECONDS

    def _remember(self, key: str, outcome: Person | Unauthorized, seconds: float) -> None:
        self._known[key] = _Remembered(self._clock() + seconds, outcome)
        self._known.move_to_end(key)
        while len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
