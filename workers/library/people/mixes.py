"""Tracks for a person's mixes: those played last, and loved ones that were not played for a long time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from contract.errors import NotFound
from contract.library import Library
from contract.people import MixesKnown, PersonRequest
from workers.library.catalogue.unlisted import UnlistedReader
from workers.library.navidrome.background import BackgroundReads
from workers.library.navidrome.database import NavidromeDatabase
from workers.library.people.preferences import PreferenceStore
from workers.library.people.reader import reading
from workers.library.people.records import PlayHistory
from workers.library.people.seeds import favorites, recent
from workers.runtime.service import Handler

#: Seconds without a play after which a loved track may be rediscovered: six months.
LONG_AGO_SECONDS: Final = 183 * 86_400.0
#: Maximum number of last plays to find interests in.
MAX_PLAYS: Final = 200
#: Maximum number of loved tracks to choose a mix from.
MAX_LOVED: Final = 500


class Mixes:
    """Answers `people.mixes`. `clock` gives unix seconds."""

    def __init__(
        self,
        database: NavidromeDatabase,
        preferences: PreferenceStore,
        unlisted: UnlistedReader,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._preferences = preferences
        self._unlisted = unlisted
        self._clock = clock

    def operations(self, background: BackgroundReads) -> Mapping[str, Handler]:
        """Return the operations by name."""
        return background.served(Library.mixes, self.answer)

    def answer(self, request: PersonRequest) -> MixesKnown:
        """Answer one request. Raises `NotFound` if there is no such user."""
        since = self._clock() - LONG_AGO_SECONDS
        with reading(self._database) as reader:
            person = reader.lookup(request.user_id or "", request.user_name)
            if person is None:
                raise NotFound(f"the database that NAVIDROME_DB_PATH names has no user {request.user_name!r}")
            users = reader.users()
            history = reader.history(person, since) if person.libraries else PlayHistory()
        history = history.without(self._unlisted.ids())
        return MixesKnown(
            settings=self._preferences.of(person, users),
            library_ids=sorted(person.libraries),
            known=known(history),
            recent_track_ids=last_played(history, since),
            rediscover_track_ids=long_not_played(history, since),
        )


def known(history: PlayHistory) -> int:
    """Return how many tracks the person played or starred."""
    return sum(heard.played or heard.starred for heard in history.tracks.values())


def last_played(history: PlayHistory, since: float) -> list[str]:
    """Return the last plays, newest first, or what the person loves if they played nothing since `since`."""
    played = [seed.track_id for seed in recent(history, since)]
    return (played or [seed.track_id for seed in favorites(history)])[:MAX_PLAYS]


def long_not_played(history: PlayHistory, since: float) -> list[str]:
    """Return loved tracks that were played, but not since `since` (unix seconds); most recently loved first."""
    track_ids = []
    for seed in favorites(history):
        heard = history.tracks.get(seed.track_id)
        if heard is not None and heard.played and heard.played_at < since:
            track_ids.append(seed.track_id)
    return track_ids[:MAX_LOVED]
