"""Albums, artists and genres with the tracks of each library: read from Navidrome's database after every scan."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from workers.library.catalogue.words import fold
from workers.library.navidrome.database import NavidromeDatabase
from workers.library.navidrome.tags import genres_of
from workers.library.people.reader import UNKNOWN

#: Columns to read of a track, and the SQL default for a column that a release lacks.
COLUMNS: Final = {
    "id": "''",
    "library_id": "1",
    "album_id": "''",
    "album": "''",
    "album_artist": "''",
    "album_artist_id": "''",
    "artist_id": "''",
    "artist": "''",
    "genre": "''",
    "tags": "'{}'",
}
#: Longest genre to search for, in characters: anything longer is not a genre.
MAX_GENRE: Final = 100


@dataclass(slots=True)
class TrackGroup:
    """An album, artist or genre. `words`: its folded name; `also`: those of the album's artist."""

    id: str
    name: str
    words: str
    artist: str = ""
    artist_id: str = ""
    also: str = ""
    #: Number of tracks by library.
    libraries: Counter[int] = field(default_factory=Counter)

    def tracks(self, libraries: Collection[int]) -> int:
        """Return how many of its tracks are in these libraries."""
        return sum(number for library, number in self.libraries.items() if library in libraries)


@dataclass(slots=True)
class TrackGroups:
    """All groups by id; genres by folded name, with the id and library of each track."""

    albums: dict[str, TrackGroup] = field(default_factory=dict)
    artists: dict[str, TrackGroup] = field(default_factory=dict)
    genres: dict[str, TrackGroup] = field(default_factory=dict)
    of_genre: dict[str, list[tuple[str, int]]] = field(default_factory=dict)


class TrackGroupIndex:
    """The track groups of the library, for browsing. Thread-safe; reads them again only after a scan."""

    def __init__(self, database: NavidromeDatabase) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._fingerprint: object = None
        self._signature: object = None
        self._content = TrackGroups()

    def content(self) -> TrackGroups:
        """Return all groups. Raises `NavidromeUnavailable`."""
        with self._lock:
            fingerprint = self._database.fingerprint()
            if not fingerprint or fingerprint != self._fingerprint:
                signature = self._database.signature()
                if signature != self._signature:
                    with self._database.reading() as connection:
                        self._content = read_groups(connection)
                self._fingerprint, self._signature = fingerprint, signature
            return self._content


def read_groups(connection: sqlite3.Connection) -> TrackGroups:
    """Read every present track once."""
    there = {str(row[1]) for row in connection.execute("PRAGMA table_info(media_file)")}
    names = [name if name in there else default for name, default in COLUMNS.items()]
    present = "WHERE NOT coalesce(missing, 0)" if "missing" in there else ""
    content = TrackGroups()
    keys: dict[str, str] = {}
    for row in connection.execute(f"SELECT {', '.join(names)} FROM media_file {present}"):
        track_id, library, album_id, album, album_artist, album_artist_id, artist_id, artist, genre, tags = row
        number = library if isinstance(library, int) else 0
        if album not in UNKNOWN and album_id:
            made_by = str(album_artist or artist or "")
            _count(content.albums, str(album_id), str(album), number, made_by, str(album_artist_id or artist_id or ""))
        if artist not in UNKNOWN and artist_id:
            _count(content.artists, str(artist_id), str(artist), number)
        for name in dict.fromkeys(genres_of(genre, tags)):
            if len(name) <= MAX_GENRE:
                key = keys.get(name) or keys.setdefault(name, fold(name) or name.casefold())
                _count(content.genres, key, name, number)
                content.of_genre.setdefault(key, []).append((str(track_id), number))
    return content


def _count(
    groups: dict[str, TrackGroup], key: str, name: str, library: int, artist: str = "", artist_id: str = ""
) -> None:
    group = groups.get(key)
    if group is None:
        also = fold(artist) if artist else ""
        group = groups[key] = TrackGroup(key, name, fold(name), artist, artist_id, also)
    group.libraries[library] += 1


T = TypeVar("T", bound=TrackGroup)


def matching(groups: Iterable[T], words: Sequence[str], libraries: Collection[int], most: int) -> list[tuple[T, int]]:
    """Return the groups whose names contain all the words, each with its number of visible tracks, best first.

    Without words: those with most tracks.
    """
    found = [
        (group, tracks)
        for group in groups
        if all(word in group.words or word in group.also for word in words) and (tracks := group.tracks(libraries))
    ]
    found.sort(key=lambda each: (-_rank(each[0], words), -each[1], each[0].name, each[0].id))
    return found[:most]


def _rank(group: TrackGroup, words: Sequence[str]) -> int:
    """Rank an exact match highest, then a name that begins with the words, then one that has them as whole words."""
    if not words:
        return 0
    joined = " ".join(words)
    if group.words == joined:
        return 3
    if group.words.startswith(joined):
        return 2
    return int(set(words) <= set(group.words.split()))
