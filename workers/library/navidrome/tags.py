"""Reads what people wrote in the tags of their tracks: title, genres, moods, year, comment; a page at a time."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Mapping
from typing import Any, Final

from contract.track import TaggedTrack
from workers.library.navidrome.values import clean

#: The last number that counts as a year.
LAST_YEAR: Final = 9999
#: Columns to read, and the SQL default for a column that a release lacks.
COLUMNS: Final = {
    "id": "''",
    "album_id": "''",
    "title": "''",
    "genre": "''",
    "year": "0",
    "comment": "''",
    "tags": "'{}'",
}

#: Separators that people write between genres in one tag.
SEPARATORS: Final = re.compile(r"[;,/|\0]")


def read_tags(connection: sqlite3.Connection, after: str, limit: int) -> list[TaggedTrack]:
    """Return at most `limit` tracks with ids after `after` ("": from the first), without vanished ones."""
    existing = {str(row[1]) for row in connection.execute("PRAGMA table_info(media_file)")}
    names = [name if name in existing else default for name, default in COLUMNS.items()]
    present = "AND NOT coalesce(missing, 0)" if "missing" in existing else ""
    rows = connection.execute(
        f"SELECT {', '.join(names)} FROM media_file WHERE id > ? AND typeof(id) = 'text' {present} ORDER BY id LIMIT ?",
        (after, limit),
    )
    return [_track(*row) for row in rows]


def read_tracks_of_genres(connection: sqlite3.Connection, genres: Collection[str]) -> dict[str, list[str]]:
    """Return track ids by genre, spelled as in `genres`, for each genre that has tracks."""
    existing = {str(row[1]) for row in connection.execute("PRAGMA table_info(media_file)")}
    columns = [name if name in existing else COLUMNS[name] for name in ("id", "genre", "tags")]
    wanted = {genre.casefold(): genre for genre in genres}
    by_genre: dict[str, list[str]] = {}
    for track_id, genre, tags in connection.execute(
        f"SELECT {', '.join(columns)} FROM media_file WHERE typeof(id) = 'text' ORDER BY id"
    ):
        for name in {part.casefold() for value in genres_of(genre, tags) for part in (value, *_parts(value))}:
            if name in wanted:
                by_genre.setdefault(wanted[name], []).append(str(track_id))
    return by_genre


def genres_of(genre: object, tags: object) -> tuple[str, ...]:
    """Return the genres in the columns `genre` and `tags` of a track."""
    return _values(_parsed(tags), "genre") or ((_plain(genre),) if genre else ())


def _parts(genre: str) -> list[str]:
    """Split a tag that names several genres."""
    return [part.strip() for part in SEPARATORS.split(genre)] if SEPARATORS.search(genre) else []


def _track(*row: Any) -> TaggedTrack:
    track_id, album_id, title, genre, year, comment, tags = row
    parsed = _parsed(tags)
    return TaggedTrack(
        id=str(track_id),
        album_id=_plain(album_id),
        title=_plain(title),
        genres=list(genres_of(genre, tags)),
        moods=list(_values(parsed, "mood")),
        year=year if isinstance(year, int) and 0 < year <= LAST_YEAR else 0,
        comment=_plain(comment),
    )


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value or "")


def _parsed(tags: object) -> Mapping[str, Any]:
    """Parse Navidrome's JSON `{name: [{id, value}]}`; empty if it is invalid."""
    try:
        value = json.loads(tags) if isinstance(tags, str | bytes) else None
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _values(tags: Mapping[str, Any], name: str) -> tuple[str, ...]:
    entries = tags.get(name)
    if not isinstance(entries, list):
        return ()
    values = (entry.get("value") for entry in entries if isinstance(entry, dict))
    return tuple(clean(value) for value in values if isinstance(value, str) and value)
