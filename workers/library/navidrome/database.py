"""Reads Navidrome's SQLite database in short transactions, leaves no trace, and accepts the columns of any release."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from contract.errors import NavidromeUnavailable
from contract.track import TaggedTrack
from workers.library.navidrome import reasons
from workers.library.navidrome.opening import DatabaseChanged, opened
from workers.library.navidrome.records import Snapshot
from workers.library.navidrome.rows import (
    LIBRARY_COLUMNS,
    TRACK_COLUMNS,
    columns,
    libraries,
    raw_text,
    select,
    tracks,
    users,
)
from workers.library.navidrome.rows import track as _track
from workers.library.navidrome.side_files import look, real_path
from workers.library.navidrome.tags import read_tags, read_tracks_of_genres
from workers.library.navidrome.values import InvalidValues, NoticeLog, RowReader

__all__ = ["NavidromeDatabase", "_track"]

#: Columns without which a database is not Navidrome's.
REQUIRED: Final = {
    "media_file": {"id", "path", "title", "artist", "album", "duration", "size"},
    "library": {"id", "path"},
}
#: How often to try a read if another process keeps writing during it.
TRIES: Final = 5

T = TypeVar("T")


class NavidromeDatabase:
    """The database at `path`. Thread-safe; every method opens the file again, so a replaced file is noticed.

    All methods raise `NavidromeUnavailable`, with a message that says what to do, if the database cannot be read.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._notice_log = NoticeLog()

    def snapshot(self) -> Snapshot:
        """Return libraries, tracks and users, consistent with each other."""
        return self.repeated(self._snapshot)

    def _snapshot(self) -> Snapshot:
        invalid = InvalidValues()
        with self.reading() as connection:
            connection.text_factory = raw_text
            library_rows = select(connection, "library", LIBRARY_COLUMNS)
            track_rows = select(connection, "media_file", TRACK_COLUMNS)
            people = tuple(users(connection, invalid))
        return Snapshot(
            tuple(libraries(library_rows, invalid)),
            tuple(tracks(track_rows, invalid)),
            people,
            invalid.notices(),
        )

    def signature(self) -> tuple[Any, ...]:
        """Return a value that changes after a scan that found something and after most other changes.

        Much cheaper than `snapshot`.
        """
        return self.repeated(self._signature)

    def _signature(self) -> tuple[Any, ...]:
        with self.reading() as connection:
            connection.text_factory = raw_text
            library_rows = select(connection, "library", LIBRARY_COLUMNS)
            existing = columns(connection, "media_file")
            updated = "max(updated_at)" if "updated_at" in existing else "NULL"
            missing = "total(missing)" if "missing" in existing else "0"
            counts = connection.execute(f"SELECT count(*), {updated}, {missing} FROM media_file").fetchone()
        return (*library_rows, *counts)

    def playlist_tracks(self, playlist_ids: Sequence[str]) -> list[str]:
        """Return the track ids of these playlists, each once, in order. Unknown playlists have none."""
        return self.repeated(lambda: self._playlist_tracks(playlist_ids))

    def _playlist_tracks(self, playlist_ids: Sequence[str]) -> list[str]:
        track_ids: dict[str, None] = {}
        invalid = InvalidValues()
        with self.reading() as connection:
            if not columns(connection, "playlist_tracks"):
                return []
            for playlist_id in playlist_ids:
                rows = connection.execute(
                    "SELECT media_file_id FROM playlist_tracks WHERE playlist_id = ? ORDER BY id", (playlist_id,)
                )
                read = RowReader(invalid, "playlist_tracks", playlist_id)
                track_ids.update((read.identifier("media_file_id", row[0]), None) for row in rows)
        self._notice_log.tell(invalid)
        return [track_id for track_id in track_ids if track_id]

    def tags(self, after: str, limit: int) -> list[TaggedTrack]:
        """Return the tags of at most `limit` tracks with ids after `after`, ordered by id."""

        def read() -> list[TaggedTrack]:
            with self.reading() as connection:
                return read_tags(connection, after, limit)

        return self.repeated(read)

    def tracks_of_genres(self, genres: Collection[str]) -> dict[str, list[str]]:
        """Return track ids by genre, for each of `genres` that has tracks. Ignores case."""

        def read() -> dict[str, list[str]]:
            with self.reading() as connection:
                return read_tracks_of_genres(connection, genres)

        return self.repeated(read)

    def fingerprint(self) -> tuple[Any, ...]:
        """Return a fingerprint of the database, its log and its journal: equal while nobody writes.

        Empty if one of the files cannot be inspected.
        """
        if self._path is None:
            return ()
        try:
            return look(real_path(self._path)).fingerprint
        except OSError:
            return ()

    def repeated(self, read: Callable[[], T]) -> T:
        """Return the result of `read`, a function that uses `reading`; repeat it if the database changed meanwhile."""
        for _ in range(TRIES - 1):
            try:
                return read()
            except DatabaseChanged:
                continue
        return read()

    def tell(self, invalid: InvalidValues) -> None:
        """Log the odd values that a user of `reading` found, once per column."""
        self._notice_log.tell(invalid)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection in one transaction, then close it. Keep it short, and use it inside `repeated`."""
        if self._path is None:
            raise NavidromeUnavailable("no library: set NAVIDROME_DB_PATH to the file navidrome.db of your Navidrome")
        try:
            with opened(self._path) as connection:
                connection.text_factory = _text
                _check(connection, self._path)
                yield connection
        except OSError as error:
            raise NavidromeUnavailable(reasons.of_system(self._path, error)) from error
        except sqlite3.Error as error:
            raise NavidromeUnavailable(reasons.of_sqlite(self._path, error)) from error


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    for table, wanted in REQUIRED.items():
        lacking = wanted - columns(connection, table)
        if lacking:
            what = f"its table {table} has no {', '.join(sorted(lacking))}" if lacking != wanted else f"no {table}"
            raise NavidromeUnavailable(f"{path} is not (yet) a database of Navidrome: {what}")
