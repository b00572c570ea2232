"""`GET|PUT /api/recommendations/settings`."""

from __future__ import annotations

import json

import pytest

from tests.harness.people_data import RANGES
from tests.harness.people_mesh import PeopleMesh

PATH = "/api/recommendations/settings"
DEFAULTS = {
    "mixLength": 25,
    "baseDiversity": 0.15,
    "discoveryExploration": 0.6,
    "seedRecencyWindowDays": 60,
    "favoritesBlendWeight": 0.85,
    "lowRatingPenalty": 0.85,
    "dailyMixes": 3,
    "discoveryMix": True,
    "rediscoverMix": True,
    "mixSize": 40,
}


def test_everybody_has_settings_of_their_own(people: PeopleMesh) -> None:
    assert people.get("carol", PATH).json == DEFAULTS
    changed = people.put("bob", PATH, b'{"mixLength": 12, "discoveryMix": false, "baseDiversity": 0}')
    assert changed.json == DEFAULTS | {"mixLength": 12, "discoveryMix": False, "baseDiversity": 0}
    assert people.get("bob", PATH).json == changed.json
    assert people.get("carol", PATH).json == DEFAULTS


def test_a_list_is_as_long_as_chosen(people: PeopleMesh) -> None:
    people.heard("alice", people.tracks()[0], days=1)
    people.put("alice", PATH, b'{"mixLength": 11}')
    assert len(people.mix("alice", "recent")["tracks"]) == 11
    assert len(people.mix("alice", "recent", limit=3)["tracks"]) == 3


def test_a_value_out_of_range_names_field_and_range(people: PeopleMesh) -> None:
    for name, (least, most) in RANGES.items():
        head, *rest = name.split("_")
        field = head + "".join(word.capitalize() for word in rest)
        for value in (least - 1, most + 1):
            answer = people.put("carol", PATH, json.dumps({field: value}).encode())
            assert (answer.status, answer.field) == (400, field)
            what = "a whole number" if isinstance(DEFAULTS[field], int) else "a number"
            assert answer.json["message"] == f"{field}: expected {what} from {least:g} to {most:g}"
    assert people.get("carol", PATH).json == DEFAULTS


@pytest.mark.parametrize("body", [b'{"mixLength": "25"}', b'{"mixLength": 25.5}', b'{"discoveryMix": 1}', b"[]", b"{"])
def test_other_nonsense_is_400(people: PeopleMesh, body: bytes) -> None:
    assert people.put("carol", PATH, body).status == 400
