"""Turns rows of Navidrome's tables into records: libraries, tracks, users."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Final

from workers.library.navidrome.records import MusicFolder, NavidromeTrack
from workers.library.navidrome.values import LONGEST_SECONDS, InvalidValues, RowReader

#: Columns to read from `media_file`, and the SQL default for a column that a release lacks.
TRACK_COLUMNS: Final = {
    "id": "''",
    "library_id": "1",
    "path": "''",
    "title": "''",
    "artist": "''",
    "artist_id": "''",
    "album": "''",
    "album_id": "''",
    "duration": "0",
    "size": "0",
    "updated_at": "NULL",
    "channels": "NULL",
    "missing": "0",
}
LIBRARY_COLUMNS: Final = {"id": "1", "name": "''", "path": "''", "last_scan_at": "NULL"}


def columns(connection: sqlite3.Connection, table: str) -> set[str]:
    """Return the column names of a table; empty if there is no such table."""
    return {str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})")}


def select(connection: sqlite3.Connection, table: str, wanted: dict[str, str]) -> list[tuple[Any, ...]]:
    """Return the rows ordered by id, with the defaults of `wanted` for missing columns."""
    existing = columns(connection, table)
    names = [name if name in existing else default for name, default in wanted.items()]
    return connection.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY id").fetchall()


def raw_text(data: bytes) -> str | bytes:
    """Decode a text value; return the bytes if it is not UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def tracks(rows: Iterable[tuple[Any, ...]], invalid: InvalidValues) -> Iterator[NavidromeTrack]:
    """Yield one track per id. Rows without an id are skipped; of several with the same id, the first counts."""
    seen: set[str] = set()
    for row in rows:
        record = track(row, invalid)
        if not record.id or record.id in seen:
            invalid.note("media_file.id", row[0], row[0])
            continue
        seen.add(record.id)
        yield record


def track(row: tuple[Any, ...], invalid: InvalidValues | None = None) -> NavidromeTrack:
    """Return the track of a row with the columns of `TRACK_COLUMNS`."""
    key, library_id, path, title, artist, artist_id, album, album_id, duration, size, updated, channels, gone = row
    read = RowReader(InvalidValues() if invalid is None else invalid, "media_file", key)
    return NavidromeTrack(
        id=read.identifier("id", key),
        library_id=read.whole("library_id", library_id, 1) or 1,
        path=read.path(path),
        title=read.text("title", title),
        artist=read.text("artist", artist),
        artist_id=read.identifier("artist_id", artist_id),
        album=read.text("album", album),
        album_id=read.identifier("album_id", album_id),
        duration=read.number("duration", duration, LONGEST_SECONDS),
        size=read.whole("size", size),
        updated_at=read.time("updated_at", updated),
        channels=None if channels is None else read.whole("channels", channels),
        missing=bool(read.whole("missing", gone)),
    )


def libraries(rows: Iterable[tuple[Any, ...]], invalid: InvalidValues) -> Iterator[MusicFolder]:
    """Yield the libraries that have a number, each number once."""
    seen: set[int] = set()
    for key, name, path, scanned in rows:
        read = RowReader(invalid, "library", key)
        number = read.whole("id", key, -1)
        if number in seen or number < 0:
            read.note("id", key)
            continue
        seen.add(number)
        yield MusicFolder(number, read.text("name", name), read.path(path), read.time("last_scan_at", scanned))


def users(connection: sqlite3.Connection, invalid: InvalidValues) -> Iterator[tuple[str, str]]:
    """Yield the id and name of every user who has both, each id once."""
    if not {"id", "user_name"} <= columns(connection, "user"):
        return
    seen: set[str] = set()
    for key, name in connection.execute("SELECT id, user_name FROM user ORDER BY id"):
        read = RowReader(invalid, "user", key)
        user_id, user_name = read.identifier("id", key), read.text("user_name", name)
        if not user_id or not user_name or user_id in seen:
            read.note("id", key)
            continue
        seen.add(user_id)
        yield user_id, user_name
