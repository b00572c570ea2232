"""Placeholder names: no artist is like them, and nothing that people read mentions them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from gateway.people.around import nearest_artists
from gateway.people.names import is_placeholder
from gateway.plugin.mixes import describe


@dataclass(frozen=True)
class Track:
    artist_id: str
    artist: str
    score: float


def tracks(*artists: str) -> list[Track]:
    return [Track(f"id of {name}", name, 0.5) for name in artists]


@pytest.mark.parametrize("name", ["", " ", "[Unknown Artist]", "[unknown]", "Various Artists", "VARIOUS ARTISTS"])
def test_nobody(name: str) -> None:
    assert is_placeholder(name)
    found = nearest_artists(tracks(name, "Nordlys Trio"))
    assert [each.name for each in found] == ["Nordlys Trio"]
    assert describe(tracks(name, "Nordlys Trio", name, "Sóley Vík")) == "Nordlys Trio, Sóley Vík"
    assert describe(tracks(name)) == "the tracks"


@pytest.mark.parametrize("name", ["The Unknown", "Various", "Unknown Mortal Orchestra"])
def test_somebody(name: str) -> None:
    assert not is_placeholder(name)
