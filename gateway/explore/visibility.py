"""Whether a person may see a track, album or artist; asks the library, and caches the answer briefly."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Final

from contract.browse import ChipKind, ChipQuestion
from contract.errors import NotFound
from gateway.mesh import MeshConnection
from gateway.people.finding import Finder
from gateway.people.identity import Caller

#: Seconds for which an answer is cached, and most answers in the cache: a page shows a hundred covers at once.
KNOWN_SECONDS: Final = 30.0
MAX_KNOWN: Final = 10_000
#: Prefixes of ids of covers, as Navidrome writes them.
PREFIXES: Final[dict[str, ChipKind]] = {"al-": "album", "ar-": "artist", "mf-": "track"}

Key = tuple[str, str]


class Visibility:
    """A cache of answers, for all people."""

    def __init__(self, mesh: MeshConnection) -> None:
        self._mesh = mesh
        self._known: OrderedDict[Key, tuple[float, bool]] = OrderedDict()

    async def check(self, person: Caller, key: str) -> None:
        """Raises `NotFound` unless the person may see the track, album or artist; `key` may have a cover's prefix."""
        known = self._known.get((person.user_name, key))
        if known is None or known[0] < time.monotonic():
            seen = await self._look(Finder(self._mesh, person), key)
            known = self._known[person.user_name, key] = (time.monotonic() + KNOWN_SECONDS, seen)
            self._known.move_to_end((person.user_name, key))
            if len(self._known) > MAX_KNOWN:
                self._known.popitem(last=False)
        if not known[1]:
            raise NotFound("there is no such track, album or artist, or you may not see it")

    async def _look(self, finder: Finder, key: str) -> bool:
        kind = PREFIXES.get(key[:3])
        bare = key[3:].partition("_")[0] if kind is not None else key
        kinds: list[ChipKind] = [kind] if kind is not None else ["track", "album"]
        if not bare:
            return False
        chips = await finder.chips([ChipQuestion(kind=each, id=bare, most=1) for each in kinds])
        return any(chip.track_ids for chip in chips)
