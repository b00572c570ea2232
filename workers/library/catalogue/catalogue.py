"""The catalogue: every Navidrome track seen so far, with the audio id if it is known."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workers.library.catalogue.words import fold
from workers.library.navidrome.paths import portable, restored, shown
from workers.library.navidrome.records import MusicFolder, NavidromeTrack, Snapshot
from workers.library.navidrome.times import parse_time
from workers.library.state.database import StateDatabase

COLUMNS: Final = "id, library_id, path, title, artist, artist_id, album, album_id, duration, stamp, tags"
#: Maximum number of values in one `IN (...)`.
MAX_VALUES: Final = 500


@dataclass(frozen=True, slots=True)
class CatalogueTrack:
    """One track of the catalogue. `audio_id` is "" until it has been computed for the current file."""

    id: str
    library_id: int
    path: str
    title: str
    artist: str
    artist_id: str
    album: str
    album_id: str
    duration: float
    stamp: str
    tags: str
    audio_id: str

    @classmethod
    def of(cls, row: Sequence[Any]) -> CatalogueTrack:
        """Return the entry for a row of `COLUMNS` and the audio id."""
        return cls(row[0], row[1], restored(row[2]), *row[3:])

    @property
    def label(self) -> str:
        return f"{self.artist} - {self.title}" if self.artist else self.title or shown(self.path)


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in Navidrome's database, in tracks. `adopted` counts changed ids of tracks that stayed."""

    new: int = 0
    changed: int = 0
    vanished: int = 0
    returned: int = 0
    adopted: int = 0

    def __bool__(self) -> bool:
        return any((self.new, self.changed, self.vanished, self.returned, self.adopted))


class Catalogue:
    """The tracks in `state.db`."""

    def __init__(self, state: StateDatabase) -> None:
        self._state = state

    def sync(self, snapshot: Snapshot, now: float) -> Changes:
        """Take over the current content of Navidrome's database (`now` in unix seconds)."""
        before = {
            row[0]: row[1:]
            for row in self._state.rows(
                "SELECT id, stamp, tags, path, title, album, vanished_at IS NOT NULL FROM track"
            )
        }
        present = [track for track in snapshot.tracks if not track.missing]
        vanished = {track.id for track in snapshot.tracks if track.missing} | (
            before.keys() - {track.id for track in present}
        )
        news = [track for track in present if track.id not in before]
        changed = [track for track in present if track.id in before and _differs(track, before[track.id])]
        returned = [track.id for track in present if track.id in before and before[track.id][-1]]
        gone = [i for i in vanished if i in before and not before[i][-1]]
        with self._state.write() as connection:
            _put_libraries(connection, snapshot.libraries)
            _put(connection, [*news, *changed])
            connection.executemany("UPDATE track SET vanished_at = ? WHERE id = ?", [(now, i) for i in gone])
            connection.executemany("UPDATE track SET vanished_at = NULL WHERE id = ?", [(i,) for i in returned])
        return Changes(len(news), len(changed), len(gone), len(returned))

    def keep_audio_ids(self, audio_ids: Iterable[tuple[str, str, str]]) -> None:
        """Store (track id, stamp, audio id); ignore those whose file has changed meanwhile."""
        with self._state.write() as connection:
            connection.executemany(
                "UPDATE track SET audio_id = ?3, audio_stamp = ?2 WHERE id = ?1 AND stamp = ?2", list(audio_ids)
            )

    def forget_audio_ids(self, track_ids: Iterable[str]) -> None:
        """Mark the audio ids of these tracks as no longer valid."""
        with self._state.write() as connection:
            connection.executemany("UPDATE track SET audio_stamp = '' WHERE id = ?", [(i,) for i in track_ids])

    def audio_id(self, entry: CatalogueTrack) -> str:
        """Return the audio id for the version of the file in `entry`, or "" if it is not known."""
        row = self._state.row("SELECT audio_id FROM track WHERE id = ? AND audio_stamp = ?", (entry.id, entry.stamp))
        return "" if row is None else str(row[0])

    def libraries(self) -> list[MusicFolder]:
        """Return the libraries as last read."""
        rows = self._state.rows("SELECT id, name, path, last_scan_at FROM library ORDER BY id")
        return [MusicFolder(i, name, restored(path), parse_time(scan)) for i, name, path, scan in rows]

    def entries(self, track_ids: Sequence[str]) -> list[CatalogueTrack]:
        """Return the known entries in the order of `track_ids`.

        Ids that Navidrome changed still work, as do ids of vanished tracks whose audio exists under another id.
        """
        by_id: dict[str, CatalogueTrack] = {}
        for start in range(0, len(track_ids), MAX_VALUES):
            part = list(track_ids[start : start + MAX_VALUES])
            marks = ",".join("?" * len(part))
            by_id |= {e.id: e for e in self.select(f"WHERE id IN ({marks})", part)}
            adopted = self._state.rows(
                f"SELECT old_id, new_id FROM adoption WHERE old_id IN ({marks}) "
                "AND NOT EXISTS (SELECT 1 FROM track WHERE id = old_id AND vanished_at IS NULL)",
                part,
            )
            heirs = [new for _, new in adopted]
            successors = {e.id: e for e in self.select(f"WHERE id IN ({','.join('?' * len(heirs))})", heirs)}
            by_id |= {old: successors[new] for old, new in adopted if new in successors}
        return [by_id[i] for i in track_ids if i in by_id]

    def select(self, where: str, values: Sequence[Any] = ()) -> list[CatalogueTrack]:
        """Return the entries that match a condition on the table `track`."""
        audio = "CASE WHEN audio_stamp = stamp THEN audio_id ELSE '' END"
        return [
            CatalogueTrack.of(row) for row in self._state.rows(f"SELECT {COLUMNS}, {audio} FROM track {where}", values)
        ]

    def vanished(self) -> list[str]:
        """Return ids of the tracks that Navidrome no longer has."""
        return [row[0] for row in self._state.rows("SELECT id FROM track WHERE vanished_at IS NOT NULL")]

    def ids_where(self, where: str, value: float) -> list[str]:
        """Return ids that match a condition on the table `track`."""
        return [row[0] for row in self._state.rows(f"SELECT id FROM track WHERE {where} ORDER BY id", (value,))]

    def counts(self) -> tuple[int, int]:
        """Return the number of tracks that are present, and of those that vanished."""
        row = self._state.row("SELECT count(*), count(vanished_at) FROM track") or (0, 0)
        return int(row[0]) - int(row[1]), int(row[1])


def _differs(track: NavidromeTrack, stored: tuple[Any, ...]) -> bool:
    return (track.stamp, track.tags, portable(track.path), track.title, track.album) != stored[:5]


def _put(connection: sqlite3.Connection, tracks: Iterable[NavidromeTrack]) -> None:
    connection.executemany(
        f"INSERT INTO track ({COLUMNS}, words) VALUES (?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET "
        + ", ".join(f"{name} = excluded.{name}" for name in [*COLUMNS.split(", ")[1:], "words"]),
        [
            (
                track.id,
                track.library_id,
                portable(track.path),
                track.title,
                track.artist,
                track.artist_id,
                track.album,
                track.album_id,
                track.duration,
                track.stamp,
                track.tags,
                fold(f"{track.title} {track.artist}"),
            )
            for track in tracks
        ],
    )


def _put_libraries(connection: sqlite3.Connection, libraries: Iterable[MusicFolder]) -> None:
    connection.execute("DELETE FROM library")
    connection.executemany(
        "INSERT INTO library VALUES (?, ?, ?, ?)",
        [
            (
                library.id,
                library.name,
                portable(library.path),
                library.last_scan_at and library.last_scan_at.timestamp(),
            )
            for library in libraries
        ],
    )
