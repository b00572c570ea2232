"""Rows that stay, and rows that fill the places between them."""

from __future__ import annotations

import pytest

from contract.labels import TrackLabel
from contract.message import common
from contract.track import VisibleTrack
from gateway.explore.rows import arranged
from gateway.people.schema import PersonTrack


def track(name: str) -> VisibleTrack:
    return VisibleTrack(
        id=name, title=name, artist="a", artist_id="a", album="b", album_id="b", duration=1.0, library_id=1
    )


def found(name: str) -> PersonTrack:
    return common(track(name), PersonTrack, score=0.5, reason="like b", models=["m"], negative_similarity=None)


@pytest.mark.parametrize(
    ("others", "kept", "wanted"),
    [
        ("abc", {}, "abc"),
        ("abc", {"X": 0}, "Xabc"),
        ("abc", {"X": 1, "Y": 3}, "aXbYc"),
        ("abc", {"X": 1, "Y": 1}, "aXYbc"),
        ("a", {"X": 5, "Y": 2}, "aYX"),
        ("", {"X": 7}, "X"),
        ("", {}, ""),
    ],
)
def test_places(others: str, kept: dict[str, int], wanted: str) -> None:
    rows = arranged([found(name) for name in others], [(track(name), place) for name, place in kept.items()], {})
    assert "".join(row.id for row in rows) == wanted
    assert [row.place for row in rows] == list(range(len(rows)))
    assert {row.id for row in rows if row.locked} == set(kept)
    assert all((row.score is None) is row.locked for row in rows)


def test_labels_come_with_rows_that_stay_too() -> None:
    labels = {name: [TrackLabel(name=name, kind="genre", score=0.9, accuracy="measured")] for name in ("a", "X")}

    rows = arranged([found("a"), found("b")], [(track("X"), 1)], labels)

    assert [[label.name for label in row.labels] for row in rows] == [["a"], ["X"], []]
