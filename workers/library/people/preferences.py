"""Settings of a person: where they are kept. Their ranges and defaults are the contract's."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from contract.message import fields_of
from contract.people import PreferenceChanges, Preferences
from contract.reading import Mismatch, read
from workers.library.people.records import Person
from workers.library.state.database import State


class PreferenceStore:
    """Settings in `state.db`, by the user's id; by their name where Navidrome changed the id."""

    def __init__(self, state: State, default_diversity: float) -> None:
        self._state = state
        self._defaults = Preferences(base_diversity=default_diversity)

    def of(self, person: Person, users: Collection[str]) -> Preferences:
        """The person's settings. `users`: the ids of all users now, so that nobody inherits from one who is there."""
        self._adopt(person, users)
        known: dict[str, Any] = {}
        for name, value in self._chosen(person).items():
            known |= _usable(name, value)
        return replace(self._defaults, **known)

    def change(self, person: Person, users: Collection[str], changes: PreferenceChanges, now: float) -> Preferences:
        """Keep `changes`, at `now` (unix seconds); all settings after it."""
        self._adopt(person, users)
        with self._state.write() as connection:
            chosen = self._chosen(person) | chosen_of(changes)
            connection.execute(
                "INSERT OR REPLACE INTO preference (user_id, user_name, chosen, updated_at) VALUES (?, ?, ?, ?)",
                (person.id, person.user_name, json.dumps(chosen), now),
            )
        return self.of(person, users)

    def _chosen(self, person: Person) -> dict[str, Any]:
        row = self._state.row("SELECT chosen FROM preference WHERE user_id = ?", (person.id,))
        chosen: dict[str, Any] = json.loads(row[0]) if row else {}
        return chosen

    def _adopt(self, person: Person, users: Collection[str]) -> None:
        if self._state.row("SELECT 1 FROM preference WHERE user_id = ?", (person.id,)):
            return
        rows = self._state.rows(
            "SELECT user_id FROM preference WHERE user_name = ? ORDER BY updated_at DESC", (person.user_name,)
        )
        left = [str(user_id) for (user_id,) in rows if user_id not in users]
        if left:
            with self._state.write() as connection:
                connection.execute("UPDATE preference SET user_id = ? WHERE user_id = ?", (person.id, left[0]))


def chosen_of(changes: PreferenceChanges) -> dict[str, Any]:
    """The settings that are to change, by name."""
    return {name: value for name, value in fields_of(changes).items() if value is not None}


def _usable(name: str, value: Any) -> Mapping[str, Any]:
    """A stored choice; nothing where a newer release made it and this one does not know it, or may not have it."""
    try:
        return chosen_of(read(PreferenceChanges, {name: value}))
    except Mismatch:
        return {}
