"""Stores the settings of people. The contract defines their ranges and defaults."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from contract.message import fields_of
from contract.people import PreferenceChanges, Preferences
from contract.reading import Mismatch, read
from workers.library.people.records import NavidromeUser
from workers.library.state.database import StateDatabase


class PreferenceStore:
    """Settings in `state.db` by user id, or by user name if Navidrome changed the id."""

    def __init__(self, state: StateDatabase, default_diversity: float) -> None:
        self._state = state
        self._defaults = Preferences(base_diversity=default_diversity)

    def of(self, person: NavidromeUser, users: Collection[str]) -> Preferences:
        """Return the person's settings.

        `users` are the ids of all current users, so that nobody takes over the settings of one who still exists.
        """
        self._migrate(person, users)
        stored: dict[str, Any] = {}
        for name, value in self._chosen(person).items():
            stored |= _usable(name, value)
        return replace(self._defaults, **stored)

    def change(
        self, person: NavidromeUser, users: Collection[str], changes: PreferenceChanges, now: float
    ) -> Preferences:
        """Store `changes` at `now` (unix seconds) and return all settings."""
        self._migrate(person, users)
        with self._state.write() as connection:
            chosen = self._chosen(person) | chosen_of(changes)
            connection.execute(
                "INSERT OR REPLACE INTO preference (user_id, user_name, chosen, updated_at) VALUES (?, ?, ?, ?)",
                (person.id, person.user_name, json.dumps(chosen), now),
            )
        return self.of(person, users)

    def _chosen(self, person: NavidromeUser) -> dict[str, Any]:
        row = self._state.row("SELECT chosen FROM preference WHERE user_id = ?", (person.id,))
        chosen: dict[str, Any] = json.loads(row[0]) if row else {}
        return chosen

    def _migrate(self, person: NavidromeUser, users: Collection[str]) -> None:
        if self._state.row("SELECT 1 FROM preference WHERE user_id = ?", (person.id,)):
            return
        rows = self._state.rows(
            "SELECT user_id FROM preference WHERE user_name = ? ORDER BY updated_at DESC", (person.user_name,)
        )
        former_ids = [str(user_id) for (user_id,) in rows if user_id not in users]
        if former_ids:
            with self._state.write() as connection:
                connection.execute("UPDATE preference SET user_id = ? WHERE user_id = ?", (person.id, former_ids[0]))


def chosen_of(changes: PreferenceChanges) -> dict[str, Any]:
    """Return the changed settings by name."""
    return {name: value for name, value in fields_of(changes).items() if value is not None}


def _usable(name: str, value: Any) -> Mapping[str, Any]:
    """Return a stored choice, or nothing if a newer release stored it and this one does not accept it."""
    try:
        return chosen_of(read(PreferenceChanges, {name: value}))
    except Mismatch:
        return {}
