"""Settings of people: ranges, defaults, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.errors import InvalidRequest
from contract.message import fields_of
from contract.people import PreferenceChanges, Preferences
from contract.reading import read_request
from tests.harness.people_data import RANGES
from workers.library.people.preferences import PreferenceStore, chosen_of
from workers.library.people.records import NavidromeUser
from workers.library.state.database import StateDatabase

ALICE = NavidromeUser("id-1", "alice", False, frozenset({1}))


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDatabase]:
    opened = StateDatabase(tmp_path)
    yield opened
    opened.close()


def test_defaults(state: StateDatabase) -> None:
    assert PreferenceStore(state, 0.15).of(ALICE, {"id-1"}) == Preferences()
    assert PreferenceStore(state, 0.4).of(ALICE, {"id-1"}).base_diversity == 0.4


def test_changes_are_kept_and_others_stay(state: StateDatabase) -> None:
    store = PreferenceStore(state, 0.15)
    store.change(ALICE, {"id-1"}, PreferenceChanges(mix_length=50), 1.0)
    after = store.change(ALICE, {"id-1"}, PreferenceChanges(discovery_mix=False), 2.0)
    assert after == Preferences(mix_length=50, discovery_mix=False) == store.of(ALICE, {"id-1"})


def test_what_may_change_is_all_there_is() -> None:
    assert list(fields_of(PreferenceChanges())) == list(fields_of(Preferences()))
    assert {name for name, value in fields_of(Preferences()).items() if not isinstance(value, bool)} == set(RANGES)


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("end", [0, 1])
def test_ends_of_a_range_are_fine_and_beyond_is_not(name: str, end: int) -> None:
    limit = RANGES[name][end]
    value: Any = int(limit) if isinstance(getattr(Preferences(), name), int) else limit
    assert chosen_of(read_request(PreferenceChanges, {name: value})) == {name: limit}
    with pytest.raises(InvalidRequest) as refused:
        read_request(PreferenceChanges, {name: value + (1 if end else -1)})
    assert refused.value.detail == {"field": name}
    assert f"{RANGES[name][0]:g} to {RANGES[name][1]:g}" in refused.value.message


@pytest.mark.parametrize(
    "changes",
    [{"mix_length": 25.5}, {"mix_length": True}, {"base_diversity": float("nan")}, {"discovery_mix": 1}, {"x": 1}],
)
def test_other_values_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        read_request(PreferenceChanges, changes)


def test_settings_follow_a_user_whose_id_changed(state: StateDatabase) -> None:
    store = PreferenceStore(state, 0.15)
    store.change(ALICE, {"id-1"}, PreferenceChanges(mix_length=50), 1.0)
    again = NavidromeUser("id-2", "alice", False, frozenset({1}))
    assert store.of(again, {"id-2"}).mix_length == 50
    assert store.change(again, {"id-2"}, PreferenceChanges(mix_size=20), 2.0) == Preferences(mix_length=50, mix_size=20)


def test_nobody_inherits_from_a_user_who_is_still_there(state: StateDatabase) -> None:
    store = PreferenceStore(state, 0.15)
    store.change(ALICE, {"id-1"}, PreferenceChanges(mix_length=50), 1.0)
    # Given alice renamed herself, and somebody else took the name
    store.change(
        NavidromeUser("id-1", "anna", False, frozenset()), {"id-1", "id-2"}, PreferenceChanges(mix_size=20), 2.0
    )
    other = NavidromeUser("id-2", "alice", False, frozenset())
    assert store.of(other, {"id-1", "id-2"}) == Preferences()


def test_what_a_newer_release_chose_is_left_alone(state: StateDatabase) -> None:
    store = PreferenceStore(state, 0.15)
    with state.write() as connection:
        connection.execute("INSERT INTO preference VALUES ('id-1', 'alice', '{\"new\": 1, \"mix_size\": 999}', 1)")
    assert store.change(ALICE, {"id-1"}, PreferenceChanges(mix_length=12), 2.0) == Preferences(mix_length=12)
    assert state.row("SELECT chosen FROM preference") == ('{"new": 1, "mix_size": 999, "mix_length": 12}',)
