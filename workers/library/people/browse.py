"""The operations `people.browse`, `people.chips` and `people.files`: what a person can start a list from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from contract.browse import (
    BrowseRequest,
    BrowseResult,
    Chip,
    ChipQuestion,
    Chips,
    ChipsRequest,
    FoundAlbum,
    FoundArtist,
    FoundGenre,
    TrackFile,
    TrackFiles,
)
from contract.library import Library
from contract.people import PersonRequest, VisibleRequest
from workers.library.catalogue.catalogue import Catalogue, CatalogueTrack
from workers.library.catalogue.find import PRESENT, ranked, words_of
from workers.library.catalogue.tracks import visible_track
from workers.library.catalogue.words import fold
from workers.library.navidrome.background import BackgroundReads
from workers.library.navidrome.database import NavidromeDatabase
from workers.library.navidrome.paths import shown
from workers.library.people.reader import PeopleReader, reading
from workers.library.people.records import NavidromeUser
from workers.library.people.service import spread
from workers.library.people.track_groups import TrackGroupIndex, TrackGroups, matching
from workers.runtime.service import Handler

#: Tracks looked at for each one to show: some may have vanished since the last look.
CHOICE: Final = 2


class Browse:
    """Answers requests, each about one person."""

    def __init__(self, database: NavidromeDatabase, catalogue: Catalogue) -> None:
        self._database = database
        self._catalogue = catalogue
        self._track_groups = TrackGroupIndex(database)

    def operations(self, background: BackgroundReads) -> Mapping[str, Handler]:
        """Return the operations by name. All of them read Navidrome's database."""
        return {
            **background.served(Library.browse, self.browse),
            **background.served(Library.chips, self.chips),
            **background.served(Library.files, self.files),
        }

    def browse(self, request: BrowseRequest) -> BrowseResult:
        """Return what matches the words."""
        words = words_of(request.query)
        content = self._track_groups.content()
        with reading(self._database) as reader:
            person = _person(reader, request)
            entries = self._tracks(reader, person, request.query, words, request.limit)
        if request.query.strip() and not words:  # nothing but punctuation
            content = TrackGroups()
        seen, most = person.libraries, request.limit
        return BrowseResult(
            tracks=[visible_track(entry) for entry in entries],
            albums=[
                FoundAlbum(id=each.id, name=each.name, artist=each.artist, artist_id=each.artist_id, tracks=tracks)
                for each, tracks in (matching(content.albums.values(), words, seen, most) if words else ())
            ],
            artists=[
                FoundArtist(id=each.id, name=each.name, tracks=tracks)
                for each, tracks in matching(content.artists.values(), words, seen, most)
            ],
            genres=[
                FoundGenre(id=each.name, name=each.name, tracks=tracks)
                for each, tracks in matching(content.genres.values(), words, seen, most)
            ],
            library_ids=sorted(seen),
        )

    def chips(self, request: ChipsRequest) -> Chips:
        """Return what stands for each thing."""
        content = self._track_groups.content()
        with reading(self._database) as reader:
            person = _person(reader, request)
            chips = [self._chip(reader, person, content, chip) for chip in request.chips]
        return Chips(chips=chips, library_ids=sorted(person.libraries))

    def files(self, request: VisibleRequest) -> TrackFiles:
        """Return the paths, as Navidrome has them."""
        entries = self._catalogue.entries(request.track_ids)
        with reading(self._database) as reader:
            visible = reader.visible(_person(reader, request), [entry.id for entry in entries])
        return TrackFiles(
            files=[TrackFile(id=entry.id, path=shown(entry.path)) for entry in entries if entry.id in visible]
        )

    def _tracks(
        self, reader: PeopleReader, person: NavidromeUser, query: str, words: list[str], most: int
    ) -> Sequence[CatalogueTrack]:
        libraries = ",".join(str(number) for number in sorted(person.libraries))
        found = self._catalogue.entries([query.strip()]) if query.strip() else []
        found = found or ranked(self._catalogue, words, f"{PRESENT} AND library_id IN ({libraries})")
        found = found[: CHOICE * most]
        visible = reader.visible(person, [entry.id for entry in found])
        return [entry for entry in found if entry.id in visible][:most]

    def _chip(self, reader: PeopleReader, person: NavidromeUser, content: TrackGroups, asked: ChipQuestion) -> Chip:
        if asked.kind == "genre":
            key = fold(asked.id) or asked.id.casefold()
            listed = [i for i, library in content.of_genre.get(key, ()) if library in person.libraries]
            chosen = spread(listed, asked.most)
            seen = reader.visible(person, chosen)
            genre = content.genres.get(key)
            name = genre.name if genre is not None and listed else ""
            return _chip(asked, name, "", [i for i in chosen if i in seen], len(listed))
        if asked.kind == "track":
            entries = self._catalogue.entries([asked.id])
            if not entries or not reader.visible(person, [entries[0].id]):
                return _chip(asked, "", "", [], 0)
            track = entries[0]
            return Chip(
                kind="track", id=track.id, name=track.title, artist=track.artist, track_ids=[track.id], tracks=1
            )
        own = reader.tracks_of(person, asked.kind, asked.id)
        if asked.kind == "artist" and not own:
            own = reader.credited(person, asked.id)
        known = (content.albums if asked.kind == "album" else content.artists).get(asked.id)
        name, artist = (known.name, known.artist) if known is not None and own else ("", "")
        return _chip(asked, name, artist, spread(own, asked.most), len(own))


def _chip(asked: ChipQuestion, name: str, artist: str, track_ids: list[str], tracks: int) -> Chip:
    return Chip(kind=asked.kind, id=asked.id, name=name, artist=artist, track_ids=track_ids, tracks=tracks)


def _person(reader: PeopleReader, request: PersonRequest) -> NavidromeUser:
    """Return the person of a request. Raises `NavidromeUnavailable`."""
    return reader.find(request.user_id or "", request.user_name)
