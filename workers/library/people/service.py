"""The operations `people.*`: lists for a person, limited to what they may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from contract.errors import InvalidRequest, NotFound
from workers.library.catalogue.catalogue import Catalogue
from workers.library.catalogue.unlisted import Unlisted
from workers.library.navidrome.database import NavidromeDatabase
from workers.library.params import Params
from workers.library.people.dislikes import judge
from workers.library.people.plan import Known, Wish, plan, since
from workers.library.people.preferences import PreferenceStore
from workers.library.people.reader import PeopleReader, reading
from workers.library.people.records import Listening, Person
from workers.library.people.seeds import MAX_SEEDS

#: Most seeds of what is like an album or artist.
MAX_AROUND = 100
KINDS = ("track", "album", "artist")

Answer = dict[str, Any]


class People:
    """Answers for one person at a time. `clock` gives unix seconds."""

    def __init__(
        self,
        database: NavidromeDatabase,
        catalogue: Catalogue,
        preferences: PreferenceStore,
        unlisted: Unlisted,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._preferences = preferences
        self._unlisted = unlisted
        self._clock = clock

    def find(self, params: Params) -> Answer:
        """Who it is. Raises `NotFound`."""
        with reading(self._database) as reader:
            person = reader.lookup(params.optional_text("user_id") or "", params.text("user_name"))
        if person is None:
            raise NotFound(f"Navidrome has no user {params.text('user_name')!r}")
        return {
            "id": person.id,
            "user_name": person.user_name,
            "is_admin": person.is_admin,
            "library_ids": sorted(person.libraries),
        }

    def settings(self, params: Params) -> Answer:
        """The person's settings."""
        with reading(self._database) as reader:
            person, users = _person(reader, params), reader.users()
        return self._preferences.of(person, users).to_wire()

    def change_settings(self, params: Params) -> Answer:
        """Keeps `changes`; all settings afterwards. Raises `InvalidRequest`."""
        with reading(self._database) as reader:
            person, users = _person(reader, params), reader.users()
        return self._preferences.change(person, users, params.mapping("changes"), self._clock()).to_wire()

    def plan(self, params: Params) -> Answer:
        """What to ask the search for a mode."""
        wish = Wish.of(params)
        now = self._clock()
        with reading(self._database) as reader:
            person, users = _person(reader, params), reader.users()
            if not person.libraries:
                return _nothing()
            preferences = self._preferences.of(person, users)
            listening = reader.listening(person, since(preferences, now))
            albums = judge("album", listening, preferences.low_rating_penalty)
            artists = judge("artist", listening, preferences.low_rating_penalty)
            excluded = [
                track_id
                for kind, verdict in (("album", albums), ("artist", artists))
                for listed in reader.tracks_of_each(person, kind, verdict.rejected).values()
                for track_id in listed
            ]
            known, warnings = self._known(reader, person, wish, listening, excluded)
        asked = plan(wish, known, albums, artists, preferences, now)
        if not asked["seeds"] and wish.mode != "text":
            warnings.append(_why_empty(wish))
        return {**asked, "library_ids": sorted(person.libraries), "warnings": warnings}

    def around(self, params: Params) -> Answer:
        """What to ask for what is like a track, album or artist. Raises `NotFound` where the person sees none of it."""
        kind, key = params.text("kind"), params.text("id")
        if kind not in KINDS:
            raise InvalidRequest(f"kind: one of {', '.join(KINDS)} is expected", {"field": "kind"})
        with reading(self._database) as reader:
            person = _person(reader, params)
            own = self._songs(reader, person, key) if kind == "track" else reader.tracks_of(person, kind, key)
            if kind == "artist" and not own:
                own = reader.credited(person, key)
            if not own:
                raise NotFound(f"there is no {kind} {key!r}, or you may not see it")
            listening = reader.listening(person, self._clock())
        played = [track_id for track_id in own if track_id in listening.tracks and listening.tracks[track_id].played]
        return {
            "own_track_ids": own,
            "played_track_ids": played,
            "seeds": [{"track_id": track_id} for track_id in _spread(own, MAX_AROUND)],
            "disliked_track_ids": listening.dislikes,
            "library_ids": sorted(person.libraries),
        }

    def tracks(self, params: Params) -> Answer:
        """Those of the tracks that the person may see, in order."""
        entries = self._catalogue.entries(params.texts("track_ids"))
        with reading(self._database) as reader:
            person = _person(reader, params)
            visible = reader.visible(person, [entry.id for entry in entries])
        return {
            "library_ids": sorted(person.libraries),
            "tracks": [
                {
                    "id": entry.id,
                    "title": entry.title,
                    "artist": entry.artist,
                    "artist_id": entry.artist_id,
                    "album": entry.album,
                    "album_id": entry.album_id,
                    "duration": entry.duration,
                    "library_id": entry.library_id,
                }
                for entry in entries
                if entry.id in visible
            ],
        }

    #: Handlers by operation.
    HANDLERS: ClassVar[Mapping[str, Callable[[People, Params], Answer]]] = {
        "people.find": find,
        "people.settings": settings,
        "people.settings.change": change_settings,
        "people.plan": plan,
        "people.around": around,
        "people.tracks": tracks,
    }

    def _known(
        self, reader: PeopleReader, person: Person, wish: Wish, listening: Listening, excluded: Sequence[str]
    ) -> tuple[Known, list[str]]:
        warnings = []
        songs = [self._songs(reader, person, song) for song in wish.song_ids[:MAX_SEEDS]]
        unseen = sum(not tracks for tracks in songs)
        if unseen:
            warnings.append(f"{unseen} of {len(songs)} songIds are no song or album that you may see")
        listed, refused = reader.playlists(person, wish.exclude_playlist_ids)
        if refused:
            warnings.append(f"{len(refused)} of excludePlaylistIds had no effect: there is no such playlist for you")
        visible = frozenset(reader.visible(person, wish.positive_track_ids))
        chosen = [tracks for tracks in songs if tracks]
        return Known(listening, chosen, [*excluded, *listed], visible, self._unlisted.ids()), warnings

    def _songs(self, reader: PeopleReader, person: Person, key: str) -> list[str]:
        """Tracks that an id means: a song, or an album's. Old ids of songs are understood."""
        entries = self._catalogue.entries([key])
        if entries:
            return sorted(reader.visible(person, [entries[0].id]))
        return sorted(reader.visible(person, [key])) or reader.tracks_of(person, "album", key)


def _person(reader: PeopleReader, params: Params) -> Person:
    """Raises `NavidromeUnavailable`."""
    return reader.find(params.optional_text("user_id") or "", params.text("user_name"))


def _nothing() -> Answer:
    """For a user who may see nothing: an empty `library_ids` would mean all to the search."""
    return {"seeds": [], "library_ids": [], "limit": 0, "warnings": ["you may not see any library of this Navidrome"]}


def _why_empty(wish: Wish) -> str:
    reasons = {
        "recent": "no seeds: nothing was played within the recency window",
        "favorites": "no seeds: nothing is starred or rated above two stars",
        "custom": "no seeds: none of songIds can be used",
    }
    return reasons.get(wish.mode, "no seeds: nothing was played within the recency window, starred or rated")


def _spread(track_ids: Sequence[str], most: int) -> list[str]:
    """At most `most` of them, evenly from first to last."""
    if len(track_ids) <= most:
        return list(track_ids)
    return [track_ids[place * len(track_ids) // most] for place in range(most)]
