"""Ids that Navidrome changed: what was kept under the old id becomes the new one's, with a journal of what the store
has yet to follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from workers.library.navidrome.ids import rewritten
from workers.library.navidrome.records import Snapshot
from workers.library.state.database import State

#: Why two ids are of one track: Navidrome's own rewriting, or the same file.
REWRITTEN: Final = "rewritten"
SAME_PATH: Final = "path"
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
            str(track_id): (int(library_id), str(path))
            for track_id, library_id, path in self._state.rows("SELECT id, library_id, path FROM track")
        }
        here = {track.id for track in snapshot.tracks}
        gone = [track_id for track_id in known if track_id not in here]
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

    def open(self) -> dict[str, str]:
        """New id by old id, of those that the store has not followed yet."""
        rows = self._state.rows("SELECT old_id, new_id FROM adoption WHERE done = 0")
        return {str(old): str(new) for old, new in rows}

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
