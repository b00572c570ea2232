"""A Navidrome library of any size: its database, and a file for every track with a few distinct samples.

The library worker reads the files to tell recordings apart; they contain no music. What the database says about them
(minutes of music) is made up.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bench.scale_model import ALBUM
from bench.search_data import track_id
from demo.ids import hashed_id
from demo.rows import as_json, insert, stamp
from demo.schema import create_database

#: Albums per artist.
ARTIST: Final = 5
GENRES: Final = ("Rock", "Jazz", "Electronic", "Classical", "Folk", "Hip-Hop", "Ambient", "Metal")
#: Seconds per track: one in this many is long, the others lie within this range.
LONG_EVERY: Final = 100
LONG_SECONDS: Final = 900.0
SHORTEST, LONGEST = 120, 420
#: Tracks written to the database at once.
STEP: Final = 5000
RATE: Final = 8000


class ScaleLibrary:
    """Tracks 0 to `count`, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "navidrome.db"
        self._music = folder / "music"
        self.count = 0
        self._music.mkdir(parents=True)
        create_database(self.database)
        now = stamp(datetime.now(UTC))
        row = {"id": 1, "name": "Music", "path": str(self._music), "last_scan_at": now, "updated_at": now}
        with closing(sqlite3.connect(self.database)) as connection, connection:
            insert(connection, "library", [row])

    def add(self, count: int) -> list[str]:
        """Add `count` tracks as a scan would; returns their ids."""
        numbers = range(self.count, self.count + count)
        now = datetime.now(UTC)
        for number in numbers:
            _write_file(self._music / track_path(number), number)
        with closing(sqlite3.connect(self.database)) as connection, connection:
            for start in range(0, count, STEP):
                _insert(connection, numbers[start : start + STEP], now)
            connection.execute("UPDATE library SET last_scan_at = ?", (stamp(now),))
        self.count += count
        return [track_id(number) for number in numbers]


def track_path(number: int) -> str:
    """Returns a track's path below the library's folder."""
    album = number // ALBUM
    return f"Artist {album // ARTIST}/Album {album}/{number % ALBUM + 1:02d} - Track {number}.wav"


def seconds(number: int) -> float:
    """Returns the duration of a track in the database."""
    if number % LONG_EVERY == 0:
        return LONG_SECONDS
    return SHORTEST + (number * 7919) % (10 * (LONGEST - SHORTEST)) / 10


def _write_file(path: Path, number: int) -> None:
    """Write a WAV file of four samples that encode the number."""
    samples = struct.pack("<q", number)
    header = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", 36 + len(samples), b"WAVE", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header + struct.pack("<4sI", b"data", len(samples)) + samples)


def _insert(connection: sqlite3.Connection, numbers: range, now: datetime) -> None:
    albums = dict.fromkeys(number // ALBUM for number in numbers)
    known = {row[0] for row in connection.execute("SELECT id FROM album")}
    new = [album for album in albums if _album_id(album) not in known]
    insert(connection, "artist", _artists(connection, {album // ARTIST for album in new}, now))
    insert(connection, "album", [_album(album, now) for album in new])
    insert(connection, "media_file", [_track(number, now) for number in numbers])
    insert(connection, "media_file_artists", list(_credits(numbers)))


def _artist_id(artist: int) -> str:
    return hashed_id("artist", artist)


def _album_id(album: int) -> str:
    return hashed_id("album", album)


def _artists(connection: sqlite3.Connection, artists: Iterable[int], now: datetime) -> list[dict[str, Any]]:
    known = {row[0] for row in connection.execute("SELECT id FROM artist")}
    rows = [
        {"id": _artist_id(n), "name": f"Artist {n}", "order_artist_name": f"artist {n}", "updated_at": stamp(now)}
        for n in sorted(artists)
    ]
    return [row for row in rows if row["id"] not in known]


def _album(album: int, now: datetime) -> dict[str, Any]:
    artist = album // ARTIST
    return {
        "id": _album_id(album),
        "library_id": 1,
        "name": f"Album {album}",
        "album_artist": f"Artist {artist}",
        "album_artist_id": _artist_id(artist),
        "song_count": ALBUM,
        "created_at": stamp(now),
        "updated_at": stamp(now),
    }


def _track(number: int, now: datetime) -> dict[str, Any]:
    album, artist = number // ALBUM, number // ALBUM // ARTIST
    added = stamp(now - timedelta(minutes=number % 500_000))
    people = [{"id": _artist_id(artist), "name": f"Artist {artist}"}]
    genre = GENRES[artist % len(GENRES)]
    return {
        "id": track_id(number),
        "pid": hashed_id("pid", number),
        "library_id": 1,
        "path": track_path(number),
        "title": f"Track {number}",
        "order_title": f"track {number}",
        "album": f"Album {album}",
        "album_id": _album_id(album),
        "artist": f"Artist {artist}",
        "artist_id": _artist_id(artist),
        "album_artist": f"Artist {artist}",
        "album_artist_id": _artist_id(artist),
        "track_number": number % ALBUM + 1,
        "year": 1960 + artist % 60,
        "size": 52,
        "suffix": "wav",
        "duration": seconds(number),
        "bit_rate": 128,
        "sample_rate": RATE,
        "channels": 1,
        "tags": as_json({"genre": [{"id": hashed_id("genre", genre), "value": genre}]}),
        "participants": as_json({"albumartist": people, "artist": people}),
        "birth_time": added,
        "created_at": added,
        "updated_at": added,
    }


def _credits(numbers: range) -> Iterator[dict[str, str]]:
    for number in numbers:
        for role in ("albumartist", "artist"):
            artist = _artist_id(number // ALBUM // ARTIST)
            yield {"media_file_id": track_id(number), "artist_id": artist, "role": role}
