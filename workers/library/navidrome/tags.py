"""What people have written about their tracks: title, genres, moods, year, comment; a page at a time."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Mapping
from typing import Any, Final

from contract.track import TaggedTrack
from workers.library.navidrome.values import clean

#: Years from which on a number is none.
LAST_YEAR: Final = 9999
#: Columns that are read, and what stands for one that a release does not have.
COLUMNS: Final = {
    "id": "''",
    "album_id": "''",
    "title": "''",
    "genre": "''",
    "year": "0",
    "comment": "''",
    "tags": "'{}'",
}

#: What people write between the genres of one tag.
SEPARATORS: Final = re.compile(r"[;,/|\0]")


def read_tags(connection: sqlite3.Connection, after: str, limit: int) -> list[TaggedTrack]:
    """At most `limit` tracks by id, those behind `after` ("": from the first); vanished ones are left out."""
    there = {str(row[1]) for row in connection.execute("PRAGMA table_info(media_file)")}
    names = [name if name in there else default for name, default in COLUMNS.items()]
    present = "AND NOT coalesce(missing, 0)" if "missing" in there else ""
    rows = connection.execute(
        f"SELECT {', '.join(names)} FROM media_file WHERE id > ? AND typeof(id) = 'text' {present} ORDER BY id LIMIT ?",
        (after, limit),
    )
    return [_track(*row) for row in rows]


def read_tracks_of_genres(connection: sqlite3.Connection, genres: Collection[str]) -> dict[str, list[str]]:
    """Ids of the tracks of each of these genres that has any, by the genre as it is written in `genres`."""
    there = {str(row[1]) for row in connection.execute("PRAGMA table_info(media_file)")}
    columns = [name if name in there else COLUMNS[name] for name in ("id", "genre", "tags")]
    wanted = {genre.casefold(): genre for genre in genres}
    found: dict[str, list[str]] = {}
    for track_id, genre, tags in connection.execute(
        f"SELECT {', '.join(columns)} FROM media_file WHERE typeof(id) = 'text' ORDER BY id"
    ):
        for name in {part.casefold() for value in _genres(genre, tags) for part in (value, *_parts(value))}:
            if name in wanted:
                found.setdefault(wanted[name], []).append(str(track_id))
    return found


def _genres(genre: object, tags: object) -> tuple[str, ...]:
    return _values(_parsed(tags), "genre") or ((_plain(genre),) if genre else ())


def _parts(genre: str) -> list[str]:
    """The genres of a tag that names several in one."""
    return [part.strip() for part in SEPARATORS.split(genre)] if SEPARATORS.search(genre) else []


def _track(*row: Any) -> TaggedTrack:
    track_id, album_id, title, genre, year, comment, tags = row
    found = _parsed(tags)
    return TaggedTrack(
        id=str(track_id),
        album_id=_plain(album_id),
        title=_plain(title),
        genres=list(_genres(genre, tags)),
        moods=list(_values(found, "mood")),
        year=year if isinstance(year, int) and 0 < year <= LAST_YEAR else 0,
        comment=_plain(comment),
    )


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value or "")


def _parsed(tags: object) -> Mapping[str, Any]:
    """Navidrome's JSON `{name: [{id, value}]}`; empty where it is none."""
    try:
        found = json.loads(tags) if isinstance(tags, str | bytes) else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _values(tags: Mapping[str, Any], name: str) -> tuple[str, ...]:
    entries = tags.get(name)
    if not isinstance(entries, list):
        return ()
    values = (entry.get("value") for entry in entries if isinstance(entry, dict))
    return tuple(clean(value) for value in values if isinstance(value, str) and value)
