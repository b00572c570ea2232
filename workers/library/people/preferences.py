"""Settings of a person: their ranges and defaults, and where they are kept."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

from contract.errors import InvalidRequest
from workers.library.people.records import Person
from workers.library.state.database import State

#: Least and most of every number.
RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "mix_length": (10, 100),
    "base_diversity": (0, 1),
    "discovery_exploration": (0.3, 1),
    "seed_recency_window_days": (7, 120),
    "favorites_blend_weight": (0.1, 1),
    "low_rating_penalty": (0.3, 1),
    "daily_mixes": (0, 6),
    "mix_size": (10, 100),
}


@dataclass(frozen=True, slots=True)
class Preferences:
    """How a person's lists are made. The last four are for the mixes that appear by themselves."""

    mix_length: int = 25
    base_diversity: float = 0.15
    discovery_exploration: float = 0.6
    seed_recency_window_days: int = 60
    favorites_blend_weight: float = 0.85
    low_rating_penalty: float = 0.85
    daily_mixes: int = 3
    discovery_mix: bool = True
    rediscover_mix: bool = True
    mix_size: int = 40

    def to_wire(self) -> dict[str, Any]:
        return asdict(self)


def changed(before: Preferences, changes: Mapping[str, Any]) -> Preferences:
    """`before` with `changes`. Raises `InvalidRequest` that names the field and its range."""
    kinds = {field.name: type(getattr(before, field.name)) for field in fields(Preferences)}
    for name, value in changes.items():
        if name not in kinds:
            raise InvalidRequest(f"{name}: no such setting; there are {', '.join(kinds)}", {"field": name})
        _check(name, value, kinds[name])
    return replace(before, **changes)


def _check(name: str, value: Any, kind: type) -> None:
    if kind is bool:
        if not isinstance(value, bool):
            raise InvalidRequest(f"{name}: true or false is expected", {"field": name})
        return
    least, most = RANGES[name]
    fits = isinstance(value, int) or (kind is float and isinstance(value, float) and math.isfinite(value))
    if isinstance(value, bool) or not fits or not least <= value <= most:
        what = "a whole number" if kind is int else "a number"
        raise InvalidRequest(f"{name}: {what} of {least:g} to {most:g} is expected", {"field": name})


class PreferenceStore:
    """Settings in `state.db`, by the user's id; by their name where Navidrome changed the id."""

    def __init__(self, state: State, default_diversity: float) -> None:
        self._state = state
        self._defaults = Preferences(base_diversity=default_diversity)

    def of(self, person: Person, users: Collection[str]) -> Preferences:
        """The person's settings. `users`: the ids of all users now, so that nobody inherits from one who is there."""
        self._adopt(person, users)
        row = self._state.row("SELECT chosen FROM preference WHERE user_id = ?", (person.id,))
        chosen = json.loads(row[0]) if row else {}
        # What a newer release chose and this one does not know, or may not, is left alone.
        known = {name: value for name, value in chosen.items() if _usable(name, value)}
        return replace(self._defaults, **known)

    def change(self, person: Person, users: Collection[str], changes: Mapping[str, Any], now: float) -> Preferences:
        """Keep `changes`. Raises `InvalidRequest`."""
        after = changed(self.of(person, users), changes)
        with self._state.write() as connection:
            row = self._state.row("SELECT chosen FROM preference WHERE user_id = ?", (person.id,))
            chosen = (json.loads(row[0]) if row else {}) | dict(changes)
            connection.execute(
                "INSERT OR REPLACE INTO preference (user_id, user_name, chosen, updated_at) VALUES (?, ?, ?, ?)",
                (person.id, person.user_name, json.dumps(chosen), now),
            )
        return after

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


def _usable(name: str, value: Any) -> bool:
    try:
        changed(Preferences(), {name: value})
    except InvalidRequest:
        return False
    return True
