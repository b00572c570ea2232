"""Ids that Navidrome changed: what was kept under the old id becomes the new one's, with a journal of what the store
has yet to follow.

An id that is known to be another's by its shape or place is renamed at once, the store follows. Where only the audio
tells (`SAME_AUDIO`), a job finds it out while it runs: the old row stays until the store has followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from workers.library.catalogue.catalogue import Entry
from workers.library.navidrome.ids import rewritten
from workers.library.navidrome.paths import restored
from workers.library.navidrome.records import Snapshot
from workers.library.state.database import State

#: Why two ids are of one track: Navidrome's own rewriting, or the same file.
REWRITTEN: Final = "rewritten"
SAME_PATH: Final = "path"
#: Why the id of a track that vanished stands for a new one: its audio is the same.
SAME_AUDIO: Final = "audio"
#: A user of that name has another id.
PERSON: Final = "person"


@dataclass(frozen=True, slots=True)
class Adoption:
    """One id that changed."""

    old_id: str
    new_id: str
    kind: str


class Adoptions:
    """The journal, and what it does to catalogue and ledger."""

    def __init__(self, state: State) -> None:
        self._state = state

    def find(self, snapshot: Snapshot) -> list[Adoption]:
        """Known ids that are gone from Navidrome and the new ids that take their place."""
        known = {
            str(track_id): (int(library_id), restored(path))
            for track_id, library_id, path in self._state.rows("SELECT id, library_id, path FROM track")
        }
        here = {track.id for track in snapshot.tracks}
        spoken_for = self.open(SAME_AUDIO)
        gone = [track_id for track_id in known if track_id not in here and track_id not in spoken_for]
        strangers = {track.id: (track.library_id, track.path) for track in snapshot.tracks if track.id not in known}
        if not gone or not strangers:
            return []
        return _match(gone, known, strangers)

    def apply(self, adoptions: Iterable[Adoption], now: float) -> None:
        """Rename in catalogue and ledger, and note that the store must follow: one transaction."""
        with self._state.write() as connection:
            for one in adoptions:
                pair = (one.new_id, one.old_id)
                connection.execute("UPDATE OR REPLACE track SET id = ? WHERE id = ?", pair)
                connection.execute("UPDATE OR REPLACE ledger SET track_id = ? WHERE track_id = ?", pair)
                connection.execute("UPDATE adoption SET new_id = ? WHERE new_id = ?", pair)
                connection.execute(
                    "INSERT OR REPLACE INTO adoption (old_id, new_id, kind, at) VALUES (?, ?, ?, ?)",
                    (one.old_id, one.new_id, one.kind, now),
                )

    def open(self, *kinds: str) -> dict[str, str]:
        """New id by old id, of those that the store has not followed yet."""
        marks = ",".join("?" * len(kinds))
        rows = self._state.rows(f"SELECT old_id, new_id FROM adoption WHERE done = 0 AND kind IN ({marks})", kinds)
        return {str(old): str(new) for old, new in rows}

    def find_vanished(self, entry: Entry, audio_id: str) -> str | None:
        """The track that vanished and whose audio is that of `entry`, where this one is new: no vector was ever made
        of it. Of several the one with the same name of file, or the same title.
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
        """The audio of `old_id`, which vanished, is there as `new_id`; `done`: the store has nothing to follow."""
        with self._state.write() as connection:
            connection.execute("UPDATE adoption SET new_id = ? WHERE new_id = ?", (new_id, old_id))
            connection.execute(
                "INSERT OR REPLACE INTO adoption (old_id, new_id, kind, at, done) VALUES (?, ?, ?, ?, ?)",
                (old_id, new_id, SAME_AUDIO, now, done),
            )

    def drop_returned(self) -> None:
        """A track that is there again, or whose heir is gone, keeps what it has."""
        with self._state.write() as connection:
            connection.execute(
                "DELETE FROM adoption WHERE done = 0 AND kind = ? AND (NOT EXISTS (SELECT 1 FROM track "
                "WHERE id = new_id) OR EXISTS (SELECT 1 FROM track WHERE id = old_id AND vanished_at IS NULL))",
                (SAME_AUDIO,),
            )

    def forget(self, old_ids: Iterable[str]) -> None:
        """The store has followed: nothing but the journal remembers these tracks, which vanished."""
        values = [(old_id,) for old_id in old_ids]
        with self._state.write() as connection:
            connection.executemany("DELETE FROM ledger WHERE track_id = ?", values)
            connection.executemany("DELETE FROM track WHERE id = ? AND vanished_at IS NOT NULL", values)
            self.close(old_id for (old_id,) in values)

    def inherit(self, old_ids: Iterable[str], now: float) -> None:
        """Before tracks are forgotten: the id of one whose audio is there twice stands for the other from now on."""
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
        """The store has followed."""
        with self._state.write() as connection:
            connection.executemany("UPDATE adoption SET done = 1 WHERE old_id = ?", [(i,) for i in old_ids])

    def people(self, users: Iterable[tuple[str, str]], now: float) -> int:
        """Remember the users (id, name); how many of them have another id than before."""
        known = {str(name): str(i) for i, name in self._state.rows("SELECT id, user_name FROM person")}
        users = list(users)
        changed = [(known[name], i, PERSON, now) for i, name in users if known.get(name, i) != i]
        if {name: i for i, name in users} != known:
            with self._state.write() as connection:
                connection.execute("DELETE FROM person")
                connection.executemany("INSERT INTO person (id, user_name) VALUES (?, ?)", users)
                connection.executemany(
                    "INSERT OR REPLACE INTO adoption (old_id, new_id, kind, at, done) VALUES (?, ?, ?, ?, 1)", changed
                )
        return len(changed)


def _match(
    gone: Iterable[str], known: Mapping[str, tuple[int, str]], strangers: Mapping[str, tuple[int, str]]
) -> list[Adoption]:
    by_place = {place: track_id for track_id, place in strangers.items()}
    taken: set[str] = set()
    found = []
    for old in gone:
        new, kind = rewritten(old), REWRITTEN
        if new not in strangers:
            new, kind = by_place.get(known[old], ""), SAME_PATH
        if new and new not in taken:
            taken.add(new)
            found.append(Adoption(old, new, kind))
    return found
