"""Finds tracks that credit an artist but are filed under another: as album artist, guest or composer."""

from __future__ import annotations

import sqlite3
from typing import Final

#: Roles that take precedence: whose record it is, and who plays on it.
LEADING: Final = frozenset({"albumartist", "artist"})


def credited(connection: sqlite3.Connection, artist_id: str, name: str) -> list[str]:
    """Return ids of tracks that credit the artist with this id, else this name.

    Tracks that credit them as album artist or guest take precedence over other roles.
    """
    if artist_id and (track_ids := _tracks(connection, artist_id)):
        return track_ids
    if not name or not _has(connection, "artist", {"id", "name"}):
        return []
    same = connection.execute("SELECT id FROM artist WHERE name = ? COLLATE NOCASE ORDER BY id", (name,)).fetchall()
    return list(dict.fromkeys(track_id for (key,) in same for track_id in _tracks(connection, str(key))))


def _tracks(connection: sqlite3.Connection, artist_id: str) -> list[str]:
    named: list[tuple[str, str]] = []
    if _has(connection, "media_file_artists", {"media_file_id", "artist_id", "role"}):
        named += connection.execute(
            "SELECT media_file_id, role FROM media_file_artists WHERE artist_id = ?", (artist_id,)
        )
    if _has(connection, "media_file", {"album_artist_id"}):
        named += connection.execute("SELECT id, 'albumartist' FROM media_file WHERE album_artist_id = ?", (artist_id,))
    leading = [track_id for track_id, role in named if role in LEADING]
    return list(dict.fromkeys(leading or [track_id for track_id, _ in named]))


def _has(connection: sqlite3.Connection, table: str, columns: set[str]) -> bool:
    return columns <= {str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})")}
