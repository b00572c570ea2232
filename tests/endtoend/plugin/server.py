"""A Navidrome server's database, a copy that tests may change: users, what they see, what they played."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.harness.listeners import listen
from workers.library.navidrome.ids import rewritten

#: Columns that hold ids which 0.64 rewrites.
IDS = {
    "user": ("id",),
    "user_library": ("user_id",),
    "media_file": ("id",),
    "media_file_artists": ("media_file_id",),
    "annotation": ("user_id", "item_id"),
    "scrobbles": ("user_id", "media_file_id"),
    "playlist": ("id", "owner_id"),
    "playlist_tracks": ("playlist_id", "media_file_id"),
}


@dataclass(frozen=True)
class Listened:
    """Plays of one person, by the paths of tracks: they outlive ids."""

    name: str
    paths: Sequence[str]
    days: float
    starred: bool


class Server:
    """`navidrome.db` in a folder, made of another."""

    def __init__(self, folder: Path, origin: Path) -> None:
        self.database = folder / "navidrome.db"
        self._listened: list[Listened] = []
        self.become(origin)

    def become(self, origin: Path) -> None:
        """Another state of the server, in one step; people have heard what they heard."""
        part = self.database.with_suffix(".part")
        shutil.copyfile(origin, part)
        part.chmod(0o644)
        with closing(sqlite3.connect(part)) as connection, connection:
            for each in self._listened:
                _note(connection, each)
        part.replace(self.database)

    def move_in(self, name: str, *libraries: int) -> None:
        """Somebody new, who sees these libraries."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            now = datetime.now(UTC).isoformat(sep=" ")
            connection.execute(
                "INSERT INTO user (id, user_name, created_at, updated_at) VALUES (?, ?, ?, ?)",
                (f"zzzzzzzzzzzzzzzzzz{name[:4]:_<4}".replace("_", "0"), name, now, now),
            )
            connection.executemany(
                "INSERT INTO user_library (user_id, library_id) SELECT id, ? FROM user WHERE user_name = ?",
                [(library, name) for library in libraries],
            )

    def listen(self, name: str, paths: Iterable[str], days: float, *, starred: bool = False) -> None:
        """Somebody plays tracks, so many days ago."""
        self._listened.append(Listened(name, list(paths), days, starred))
        with closing(sqlite3.connect(self.database)) as connection, connection:
            _note(connection, self._listened[-1])

    def rewrite_ids(self) -> None:
        """What 0.64 does when it first starts, and a scan."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.create_function("rewritten", 1, rewritten)
            for table, columns in IDS.items():
                changes = ", ".join(f"{column} = rewritten({column})" for column in columns)
                connection.execute(f"UPDATE {table} SET {changes}")
            connection.execute("UPDATE library SET last_scan_at = ?", (datetime.now(UTC).isoformat(sep=" "),))

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(statement, values).fetchall()

    def tracks(self, where: str = "1", *values: object) -> list[str]:
        """Ids of tracks that are there."""
        return [str(i) for (i,) in self.rows(f"SELECT id FROM media_file WHERE NOT missing AND {where}", *values)]

    def sees(self) -> dict[str, set[str]]:
        """The tracks of everybody, by Navidrome's rule."""
        every = "EXISTS (SELECT 1 FROM user WHERE user_name = ?1 AND is_admin)"
        theirs = (
            "library_id IN (SELECT library_id FROM user_library l JOIN user u ON u.id = l.user_id "
            "WHERE u.user_name = ?1)"
        )
        names = [str(name) for (name,) in self.rows("SELECT user_name FROM user ORDER BY user_name")]
        return {name: set(self.tracks(f"({every} OR {theirs})", name)) for name in names}

    def heard(self, name: str) -> set[str]:
        """Tracks that somebody played."""
        found = self.rows(
            "SELECT item_id FROM annotation a JOIN user u ON u.id = a.user_id "
            "WHERE user_name = ? AND item_type = 'media_file' AND play_count > 0",
            name,
        )
        return {str(i) for (i,) in found}

    def song(self, track_id: str) -> dict[str, Any]:
        """A track as Navidrome hands it to a plugin."""
        title, artist, artist_id, album, duration = self.rows(
            "SELECT title, artist, artist_id, album, duration FROM media_file WHERE id = ?", track_id
        )[0]
        said = {"id": track_id, "name": title, "artist": artist, "album": album}
        artists = [{"id": artist_id, "name": artist, "role": "artist"}]
        return {**said, "artists": artists, "duration": duration, "durationMs": round(1000 * duration)}

    def questions(self, track_id: str, other: str, count: int) -> list[tuple[str, dict[str, Any]]]:
        """All that Navidrome asks of a track, its album and its artist, as it asks."""
        album_id, artist_id = self.rows("SELECT album_id, artist_id FROM media_file WHERE id = ?", track_id)[0]
        song = self.song(track_id)
        named = {"name": song["name"], "artist": song["artist"], "count": count}
        return [
            ("nd_get_sonic_similar_tracks", {"song": song, "count": count}),
            ("nd_find_sonic_path", {"startSong": song, "endSong": self.song(other), "count": count}),
            ("nd_get_similar_songs_by_track", {"id": track_id, **named}),
            ("nd_get_similar_songs_by_album", {"id": album_id, **named, "name": song["album"]}),
            ("nd_get_similar_songs_by_artist", {"id": artist_id, "name": song["artist"], "count": count}),
            ("nd_get_similar_artists", {"id": artist_id, "name": song["artist"], "limit": count}),
        ]


def _note(connection: sqlite3.Connection, heard: Listened) -> None:
    user_id = connection.execute("SELECT id FROM user WHERE user_name = ?", (heard.name,)).fetchone()[0]
    ids = dict(connection.execute("SELECT path, id FROM media_file").fetchall())
    listen(connection, user_id, [ids[path] for path in heard.paths if path in ids], heard.days, heard.starred)
