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
#: Longest genre that somebody can look for, in characters: longer ones are no genres.
MAX_GENRE: Final = 100


@dataclass(slots=True)
class Thing:
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
class Content:
    """Everything by id; genres by folded name, with the id and library of each track."""

    albums: dict[str, Thing] = field(default_factory=dict)
    artists: dict[str, Thing] = field(default_factory=dict)
    genres: dict[str, Thing] = field(default_factory=dict)
    of_genre: dict[str, list[tuple[str, int]]] = field(default_factory=dict)


class Shelf:
    """What a library holds, for people who look around. Thread-safe; reads everything again only after a scan."""

    def __init__(self, database: NavidromeDatabase) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._fingerprint: object = None
        self._signature: object = None
        self._content = Content()

    def content(self) -> Content:
        """Return everything. Raises `NavidromeUnavailable`."""
        with self._lock:
            fingerprint = self._database.fingerprint()
            if not fingerprint or fingerprint != self._fingerprint:
                signature = self._database.signature()
                if signature != self._signature:
                    with self._database.reading() as connection:
                        self._content = read_content(connection)
                self._fingerprint, self._signature = fingerprint, signature
            return self._content


def read_content(connection: sqlite3.Connection) -> Content:
    """Read every present track once."""
    there = {str(row[1]) for row in connection.execute("PRAGMA table_info(media_file)")}
    names = [name if name in there else default for name, default in COLUMNS.items()]
    present = "WHERE NOT coalesce(missing, 0)" if "missing" in there else ""
    content = Content()
    for row in connection.execute(f"SELECT {', '.join(names)} FROM media_file {present}"):
        track_id, library, album_id, album, album_artist, album_artist_id, artist_id, artist, genre, tags = row
        number = library if isinstance(library, int) else 0
        if album not in UNKNOWN and album_id:
            made_by = str(album_artist or artist or "")
            _count(content.albums, str(album_id), str(album), number, made_by, str(album_artist_id or artist_id or ""))
        if artist not in UNKNOWN and artist_id:
            _count(content.artists, str(artist_id), str(artist), number)
        for name in dict.fromkeys(genres_of(genre, tags)):
            key = fold(name) or name.casefold()
            if len(name) <= MAX_GENRE:
                _count(content.genres, key, name, number)
                content.of_genre.setdefault(key, []).append((str(track_id), number))
    return content


def _count(things: dict[str, Thing], key: str, name: str, library: int, artist: str = "", artist_id: str = "") -> None:
    thing = things.get(key)
    if thing is None:
        also = fold(artist) if artist else ""
        thing = things[key] = Thing(key, name, fold(name), artist, artist_id, also)
    thing.libraries[library] += 1


T = TypeVar("T", bound=Thing)


def matching(things: Iterable[T], words: Sequence[str], libraries: Collection[int], most: int) -> list[tuple[T, int]]:
    """Return the things that contain all the words, each with its number of visible tracks, best first.

    Without words: those with most tracks.
    """
    found = [
        (thing, tracks)
        for thing in things
        if all(word in thing.words or word in thing.also for word in words) and (tracks := thing.tracks(libraries))
    ]
    found.sort(key=lambda each: (-_rank(each[0], words), -each[1], each[0].name, each[0].id))
    return found[:most]


def _rank(thing: Thing, words: Sequence[str]) -> int:
    """Rank a name that is exactly the words highest, then one that begins with them, then one that has them whole."""
    if not words:
        return 0
    joined = " ".join(words)
    if thing.words == joined:
        return 3
    if thing.words.startswith(joined):
        return 2
    return int(set(words) <= set(thing.words.split()))
