"""The operations `people.*`: lists for a person, limited to what they may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import contract.people
from contract.errors import NotFound
from contract.library import Library
from contract.people import (
    Around,
    AroundRequest,
    Mode,
    PersonRequest,
    Plan,
    PlanRequest,
    Preferences,
    PreferencesRequest,
    VisibleRequest,
    VisibleTracks,
)
from contract.search import Seed
from contract.warnings import Warned, WarningCode
from workers.library.catalogue.catalogue import Catalogue
from workers.library.catalogue.tracks import visible_track
from workers.library.catalogue.unlisted import UnlistedReader
from workers.library.navidrome.background import BackgroundReads
from workers.library.navidrome.database import NavidromeDatabase
from workers.library.people.dislikes import rating_effects
from workers.library.people.plan import PersonData, plan, since
from workers.library.people.preferences import PreferenceStore
from workers.library.people.reader import PeopleReader, reading
from workers.library.people.records import NavidromeUser, PlayHistory
from workers.library.people.seeds import MAX_SEEDS
from workers.runtime.service import Handler

#: Maximum number of seeds for tracks like an album or artist.
MAX_AROUND: Final = 100
#: Why a mode that starts from a person's history has no seeds.
NO_SEEDS: Final[Mapping[Mode, str]] = {
    "recent": "no seeds: nothing was played within the recency window",
    "favorites": "no seeds: nothing is starred or rated above two stars",
    "custom": "no seeds: none of songIds can be used",
    "all": "no seeds: nothing was played within the recency window, starred or rated",
    "discovery": "no seeds: nothing was played within the recency window, starred or rated",
}


class People:
    """Answers requests, each about one person. `clock` gives unix seconds."""

    def __init__(
        self,
        database: NavidromeDatabase,
        catalogue: Catalogue,
        preferences: PreferenceStore,
        unlisted: UnlistedReader,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._preferences = preferences
        self._unlisted = unlisted
        self._clock = clock

    def operations(self, background: BackgroundReads) -> Mapping[str, Handler]:
        """Return the operations by name. All of them read Navidrome's database."""
        return {
            **background.served(Library.person, self.find),
            **background.served(Library.preferences, self.settings),
            **background.served(Library.change_preferences, self.change_settings),
            **background.served(Library.plan, self.plan),
            **background.served(Library.around, self.around),
            **background.served(Library.visible, self.tracks),
        }

    def find(self, request: PersonRequest) -> contract.people.Person:
        """Return the person. Raises `NotFound`."""
        with reading(self._database) as reader:
            person = reader.lookup(request.user_id or "", request.user_name)
        if person is None:
            raise NotFound(f"Navidrome has no user {request.user_name!r}")
        return contract.people.Person(
            id=person.id,
            user_name=person.user_name,
            is_admin=person.is_admin,
            library_ids=sorted(person.libraries),
        )

    def settings(self, request: PersonRequest) -> Preferences:
        """Return the person's settings."""
        with reading(self._database) as reader:
            person, users = _person(reader, request), reader.users()
        return self._preferences.of(person, users)

    def change_settings(self, request: PreferencesRequest) -> Preferences:
        """Store `changes` and return all settings."""
        with reading(self._database) as reader:
            person, users = _person(reader, request), reader.users()
        return self._preferences.change(person, users, request.changes, self._clock())

    def plan(self, wish: PlanRequest) -> Plan:
        """Return what to ask the search worker for a mode."""
        now = self._clock()
        with reading(self._database) as reader:
            person, users = _person(reader, wish), reader.users()
            if not person.libraries:
                return _nothing()
            preferences = self._preferences.of(person, users)
            history = reader.history(person, since(preferences, now))
            albums = rating_effects("album", history, preferences.low_rating_penalty)
            artists = rating_effects("artist", history, preferences.low_rating_penalty)
            excluded = [
                track_id
                for kind, effects in (("album", albums), ("artist", artists))
                for listed in reader.tracks_of_each(person, kind, effects.rejected).values()
                for track_id in listed
            ]
            data, warnings = self._known(reader, person, wish, history, excluded)
        planned = plan(wish, person, data, albums, artists, preferences, now)
        if not planned.seeds and wish.mode in NO_SEEDS:
            warnings.append(Warned(code=WarningCode.NO_SEEDS, message=NO_SEEDS[wish.mode]))
        return replace(planned, warnings=warnings)

    def around(self, request: AroundRequest) -> Around:
        """Return what to ask for music like a track, album or artist.

        Raises `NotFound` if the person may see none of its tracks.
        """
        kind, key = request.kind, request.id
        with reading(self._database) as reader:
            person = _person(reader, request)
            own = self._songs(reader, person, key) if kind == "track" else reader.tracks_of(person, kind, key)
            if kind == "artist" and not own:
                own = reader.credited(person, key)
            if not own:
                raise NotFound(f"there is no {kind} {key!r}, or you may not see it")
            history = reader.history(person, self._clock())
        played = [track_id for track_id in own if track_id in history.tracks and history.tracks[track_id].played]
        return Around(
            own_track_ids=own,
            played_track_ids=played,
            seeds=[Seed(track_id=track_id) for track_id in spread(own, MAX_AROUND)],
            disliked_track_ids=history.dislikes,
            library_ids=sorted(person.libraries),
        )

    def tracks(self, request: VisibleRequest) -> VisibleTracks:
        """Return those of the tracks that the person may see, in order."""
        entries = self._catalogue.entries(request.track_ids)
        with reading(self._database) as reader:
            person = _person(reader, request)
            visible = reader.visible(person, [entry.id for entry in entries])
        return VisibleTracks(
            tracks=[visible_track(entry) for entry in entries if entry.id in visible],
            library_ids=sorted(person.libraries),
        )

    def _known(
        self,
        reader: PeopleReader,
        person: NavidromeUser,
        wish: PlanRequest,
        history: PlayHistory,
        excluded: Sequence[str],
    ) -> tuple[PersonData, list[Warned]]:
        warnings = []
        songs = [self._songs(reader, person, song) for song in wish.song_ids[:MAX_SEEDS]]
        unseen = sum(not tracks for tracks in songs)
        if unseen:
            said = f"{unseen} of {len(songs)} songIds are not songs or albums that you may see"
            warnings.append(Warned(code=WarningCode.SONGS_UNSEEN, message=said))
        listed, refused = reader.playlists(person, wish.exclude_playlist_ids)
        if refused:
            said = f"{len(refused)} of excludePlaylistIds had no effect: they do not exist, or you may not see them"
            warnings.append(Warned(code=WarningCode.PLAYLISTS_UNSEEN, message=said))
        visible = frozenset(reader.visible(person, wish.positive_track_ids))
        chosen = [tracks for tracks in songs if tracks]
        return PersonData(history, chosen, [*excluded, *listed], visible, self._unlisted.ids()), warnings

    def _songs(self, reader: PeopleReader, person: NavidromeUser, key: str) -> list[str]:
        """Return the tracks that an id means: a song or the tracks of an album. Old ids of songs still work."""
        entries = self._catalogue.entries([key])
        if entries:
            return sorted(reader.visible(person, [entries[0].id]))
        return sorted(reader.visible(person, [key])) or reader.tracks_of(person, "album", key)


def _person(reader: PeopleReader, request: PersonRequest) -> NavidromeUser:
    """Return the person of a request. Raises `NavidromeUnavailable`."""
    return reader.find(request.user_id or "", request.user_name)


def _nothing() -> Plan:
    """Return a plan without seeds for a person who may see nothing: to the search, empty `library_ids` mean all."""
    said = Warned(code=WarningCode.NOTHING_VISIBLE, message="you may not see any library of this Navidrome")
    return Plan(seeds=[], library_ids=[], limit=0, warnings=[said])


def spread(track_ids: Sequence[str], most: int) -> list[str]:
    """Return at most `most` of them, spread evenly from first to last."""
    if len(track_ids) <= most:
        return list(track_ids)
    return [track_ids[place * len(track_ids) // most] for place in range(most)]
