"""Moves everything stored under a changed id to the new id, with a journal of moves that the store has yet to make.

If the form of the id or the file path identifies the track, its rows are renamed at once and the store follows. If
only the audio does (`SAME_AUDIO`), a job finds out while it runs, and the old row stays until the store has followed.

The table `adoption` and the field `adopted` of `library.changed` keep their names: backups of every release and other
programs read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from workers.library.catalogue.catalogue import CatalogueTrack
from workers.library.navidrome.ids import rewritten
from workers.library.navidrome.paths import restored
from workers.library.navidrome.records import Snapshot
from workers.library.state.database import StateDatabase

#: Why two ids mean one track: Navidrome rewrote the id, or the file path is the same.
REWRITTEN: Final = "rewritten"
SAME_PATH: Final = "path"
#: Why the id of a vanished track stands for a new one: the audio is the same.
SAME_AUDIO: Final = "audio"
#: The user with this name has a new id.
PERSON: Final = "person"


@dataclass(frozen=True, slots=True)
class IdMigration:
    """One changed id."""

    old_id: str
    new_id: str
    kind: str


class IdMigrations:
    """The journal of changed ids, and its effect on catalogue and ledger."""

    def __init__(self, state: StateDatabase) -> None:
        self._state = state

    def find(self, snapshot: Snapshot) -> list[IdMigration]:
        """Find known ids that are gone from Navidrome, and the new ids that replace them."""
        stored = {
            str(track_id): (int(library_id), restored(path))
            for track_id, library_id, path in self._state.rows("SELECT id, library_id, path FROM track")
        }
        here = {track.id for track in snapshot.tracks}
        spoken_for = self.open(SAME_AUDIO)
        gone = [track_id for track_id in stored if track_id not in here and track_id not in spoken_for]
        strangers = {track.id: (track.library_id, track.path) for track in snapshot.tracks if track.id not in stored}
        if not gone or not strangers:
            return []
        return _match(gone, stored, strangers)

    def apply(self, migrations: Iterable[IdMigration], now: float) -> None:
        """Rename ids in catalogue and ledger and note that the store must follow, in one transaction."""
        with self._state.write() as connection:
            for migration in migrations:
                pair = (migration.new_id, migration.old_id)
                connection.execute("UPDATE OR REPLACE track SET id = ? WHERE id = ?", pair)
                connection.execute("UPDATE OR REPLACE ledger SET track_id = ? WHERE track_id = ?", pair)
                connection.execute("UPDATE adoption SET new_id = ? WHERE new_id = ?", pair)
                connection.execute(
                    "INSERT OR REPLACE INTO adoption (old_id, new_id, kind, at) VALUES (?, ?, ?, ?)",
                    (migration.old_id, migration.new_id, migration.kind, now),
                )

    def open(self, *kinds: str) -> dict[str, str]:
        """Return new ids by old id, for changes that the store has not followed yet."""
        marks = ",".join("?" * len(kinds))
        rows = self._state.rows(f"SELECT old_id, new_id FROM adoption WHERE done = 0 AND kind IN ({marks})", kinds)
        return {str(old): str(new) for old, new in rows}

    def find_vanished(self, entry: CatalogueTrack, audio_id: str) -> str | None:
        """Return the vanished track with the same audio as `entry`, if `entry` is new (it never had a vector).

        Of several, prefer one with the same file name, then one with the same title.
        """
        rows = self._state.rows(
            "SELECT id, path, title FROM track WHERE audio_id = ?1 AND audio_id <> '' AND audio_stamp = stamp "
            "AND vanished_at IS NOT NULL AND id NOT IN (SELECT old_id FROM adoption WHERE done = 0) "
            "AND NOT EXISTS (SELECT 1 FROM ledger WHERE track_id = ?2 AND audio_id <> '') ORDER BY id",
            (audio_id, entry.id),
        )
        name = PurePosixPath(entry.path).name
        ranked = sorted(rows, key=lambda row: (PurePosixPath(restored(row[1])).name != name, row[2] != entry.title))
        return str(ranked[0][0]) if ranked else None

    def note(self, old_id: str, new_id: str, now: float, *, done: bool = False) -> None:
        """Note that the audio of the vanished `old_id` is now `new_id`. `done`: the store has nothing to follow."""
        with self._state.write() as connection:
            connection.execute("UPDATE adoption SET new_id = ? WHERE new_id = ?", (new_id, old_id))
            connection.execute(
                "INSERT OR REPLACE INTO adoption (old_id, new_id, kind, at, done) VALUES (?, ?, ?, ?, ?)",
                (old_id, new_id, SAME_AUDIO, now, done),
            )

    def drop_returned(self) -> None:
        """Drop open changes by audio if the old track is back or the new one is gone."""
        with self._state.write() as connection:
            connection.execute(
                "DELETE FROM adoption WHERE done = 0 AND kind = ? AND (NOT EXISTS (SELECT 1 FROM track "
                "WHERE id = new_id) OR EXISTS (SELECT 1 FROM track WHERE id = old_id AND vanished_at IS NULL))",
                (SAME_AUDIO,),
            )

    def forget(self, old_ids: Iterable[str]) -> None:
        """After the store has followed, delete everything about these vanished tracks but the journal."""
        values = [(old_id,) for old_id in old_ids]
        with self._state.write() as connection:
            connection.executemany("DELETE FROM ledger WHERE track_id = ?", values)
            connection.executemany("DELETE FROM track WHERE id = ? AND vanished_at IS NOT NULL", values)
            self.close(old_id for (old_id,) in values)

    def inherit(self, old_ids: Iterable[str], now: float) -> None:
        """Before tracks are forgotten, let each id stand for another track with the same audio, if there is one."""
        for old_id in old_ids:
            heir = self._state.row(
                "SELECT new.id FROM track AS old JOIN track AS new ON new.audio_id = old.audio_id "
                "AND new.audio_id <> '' AND new.audio_stamp = new.stamp AND new.vanished_at IS NULL "
                "WHERE old.id = ? AND old.audio_stamp = old.stamp ORDER BY new.id LIMIT 1",
                (old_id,),
            )
            if heir is not None:
                self.note(old_id, str(heir[0]), now, done=True)

    def close(self, old_ids: Iterable[str]) -> None:
        """Note that the store has followed."""
        with self._state.write() as connection:
            connection.executemany("UPDATE adoption SET done = 1 WHERE old_id = ?", [(i,) for i in old_ids])

    def people(self, users: Iterable[tuple[str, str]], now: float) -> int:
        """Remember the users (id, name). Returns how many of them have a new id."""
        id_by_name = {str(name): str(i) for i, name in self._state.rows("SELECT id, user_name FROM person")}
        users = list(users)
        changed = [(id_by_name[name], i, PERSON, now) for i, name in users if id_by_name.get(name, i) != i]
        if {name: i for i, name in users} != id_by_name:
            with self._state.write() as connection:
                connection.execute("DELETE FROM person")
                connection.executemany("INSERT INTO person (id, user_name) VALUES (?, ?)", users)
                connection.executemany(
                    "INSERT OR REPLACE INTO adoption (old_id, new_id, kind, at, done) VALUES (?, ?, ?, ?, 1)", changed
                )
        return len(changed)


def _match(
    gone: Iterable[str], stored: Mapping[str, tuple[int, str]], strangers: Mapping[str, tuple[int, str]]
) -> list[IdMigration]:
    by_place = {place: track_id for track_id, place in strangers.items()}
    taken: set[str] = set()
    migrations = []
    for old in gone:
        new, kind = rewritten(old), REWRITTEN
        if new not in strangers:
            new, kind = by_place.get(stored[old], ""), SAME_PATH
        if new and new not in taken:
            taken.add(new)
            migrations.append(IdMigration(old, new, kind))
    return migrations
