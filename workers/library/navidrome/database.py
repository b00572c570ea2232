"""Reads Navidrome's SQLite database: read-only, in short transactions, with whatever columns its release has."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from broker.errors import NavidromeUnavailable
from workers.library.navidrome.records import Library, Snapshot, Track
from workers.library.navidrome.tags import TrackTags, read_tags, read_tracks_of_genres
from workers.library.navidrome.times import parse_time

#: Seconds to wait for a lock that Navidrome holds.
BUSY_SECONDS: Final = 5.0
#: Columns without which a database is not Navidrome's.
REQUIRED: Final = {
    "media_file": {"id", "path", "title", "artist", "album", "duration", "size"},
    "library": {"id", "path"},
}
#: Columns of `media_file` that are read, and what stands for one that a release does not have.
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
#: Most values in one `IN (...)`: SQLite's limit is 999 in old builds.
MAX_VALUES: Final = 500


class NavidromeDatabase:
    """The database at `path`; every method opens it anew, so that a replaced file is noticed.

    All methods raise `NavidromeUnavailable`, with a message that says what to do, where it cannot be read (now).
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def snapshot(self) -> Snapshot:
        """Libraries, tracks and users, consistent with each other."""
        with self._open() as connection:
            connection.execute("BEGIN")
            libraries = _select(connection, "library", LIBRARY_COLUMNS)
            tracks = _select(connection, "media_file", TRACK_COLUMNS)
            users = _users(connection)
            connection.execute("COMMIT")
        return Snapshot(
            tuple(Library(int(i), str(name), str(path), parse_time(scan)) for i, name, path, scan in libraries),
            tuple(_track(row) for row in tracks),
            tuple(users),
        )

    def signature(self) -> tuple[Any, ...]:
        """Differs after a scan that found something, and after most other changes; cheap beside `snapshot`."""
        with self._open() as connection:
            libraries = _select(connection, "library", LIBRARY_COLUMNS)
            columns = _columns(connection, "media_file")
            updated = "max(updated_at)" if "updated_at" in columns else "NULL"
            missing = "sum(missing)" if "missing" in columns else "0"
            counts = connection.execute(f"SELECT count(*), {updated}, {missing} FROM media_file").fetchone()
        return (*libraries, *counts)

    def playlist_tracks(self, playlist_ids: Sequence[str]) -> list[str]:
        """Ids of the tracks of these playlists, each once, in order. Unknown playlists have none."""
        found: dict[str, None] = {}
        with self._open() as connection:
            if not _columns(connection, "playlist_tracks"):
                return []
            for playlist_id in playlist_ids:
                rows = connection.execute(
                    "SELECT media_file_id FROM playlist_tracks WHERE playlist_id = ? ORDER BY id", (playlist_id,)
                )
                found.update((str(row[0]), None) for row in rows)
        return list(found)

    def tags(self, after: str, limit: int) -> list[TrackTags]:
        """At most `limit` tracks' tags by id, those behind `after`."""
        with self._open() as connection:
            return read_tags(connection, after, limit)

    def tracks_of_genres(self, genres: Collection[str]) -> dict[str, list[str]]:
        """Ids of the tracks of each of these genres that has any; letter case does not count."""
        with self._open() as connection:
            return read_tracks_of_genres(connection, genres)

    def fingerprint(self) -> tuple[tuple[int, int, int], ...]:
        """Inode, size and time of the database and its write-ahead log: equal while nobody writes."""
        if self._path is None:
            return ()
        found = []
        for name in (self._path, self._path.with_name(f"{self._path.name}-wal")):
            try:
                stat = name.stat()
            except OSError:
                continue
            found.append((stat.st_ino, stat.st_size, stat.st_mtime_ns))
        return tuple(found)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for those who read other tables; it is closed at the end. Keep transactions short."""
        with self._open() as connection:
            yield connection

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if self._path is None:
            raise NavidromeUnavailable("no library: set NAVIDROME_DB_PATH to the file navidrome.db of your Navidrome")
        if not self._path.is_file():
            raise NavidromeUnavailable(f"there is no database {self._path}; NAVIDROME_DB_PATH names it")
        try:
            uri = f"{self._path.absolute().as_uri()}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
                connection.text_factory = _text
                connection.execute("PRAGMA query_only = ON")
                _check(connection, self._path)
                yield connection
        except sqlite3.DatabaseError as error:
            raise NavidromeUnavailable(_reason(self._path, error)) from error


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    for table, columns in REQUIRED.items():
        lacking = columns - _columns(connection, table)
        if lacking:
            what = f"its table {table} has no {', '.join(sorted(lacking))}" if lacking != columns else f"no {table}"
            raise NavidromeUnavailable(f"{path} is not (yet) a database of Navidrome: {what}")


def _reason(path: Path, error: sqlite3.DatabaseError) -> str:
    text = str(error)
    if "locked" in text or "busy" in text:
        return f"{path} is locked by another process; trying again"
    if "unable to open" in text or "readonly" in text:
        return (
            f"{path} cannot be opened yet ({text}): Navidrome's -wal and -shm files must be readable here, "
            "or the folder writable"
        )
    if "not a database" in text or "malformed" in text:
        return f"{path} is no readable database of Navidrome: {text}"
    return f"{path} cannot be read: {text}"


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})")}


def _select(connection: sqlite3.Connection, table: str, wanted: dict[str, str]) -> list[tuple[Any, ...]]:
    """Rows by id, with the defaults of `wanted` for columns that are not there."""
    there = _columns(connection, table)
    names = [name if name in there else default for name, default in wanted.items()]
    return connection.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY id").fetchall()


def _track(row: tuple[Any, ...]) -> Track:
    track_id, library_id, path, title, artist, artist_id, album, album_id, duration, size, updated, channels, gone = row
    return Track(
        id=str(track_id),
        library_id=int(library_id or 1),
        path=str(path or ""),
        title=str(title or ""),
        artist=str(artist or ""),
        artist_id=str(artist_id or ""),
        album=str(album or ""),
        album_id=str(album_id or ""),
        duration=float(duration or 0.0),
        size=int(size or 0),
        updated_at=parse_time(updated),
        channels=None if channels is None else int(channels),
        missing=bool(gone),
    )


def _users(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    if not {"id", "user_name"} <= _columns(connection, "user"):
        return []
    return [(str(i), str(name)) for i, name in connection.execute("SELECT id, user_name FROM user ORDER BY id")]
