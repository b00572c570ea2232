"""The measures, on answers that are known."""

from __future__ import annotations

import numpy as np

from workers.models.training.recall import ranks, recall

TRACKS = np.eye(40, dtype=np.float32)
OWN = np.arange(40)


def test_perfect_and_reversed_answers() -> None:
    assert set(ranks(TRACKS, TRACKS, OWN)) == {1}
    assert set(ranks(-TRACKS, TRACKS, OWN)) == {40}


def test_answers_that_are_all_alike_do_no_better_than_chance() -> None:
    same = np.ones((40, 40), np.float32)

    assert set(ranks(same, TRACKS, OWN)) == {20}


def test_style_is_counted_among_the_first_ten_without_the_track_itself() -> None:
    # Given four styles of ten tracks, each style with a direction of its own
    styles = [f"style {row // 10}" for row in range(40)]
    tracks = np.repeat(np.eye(4, dtype=np.float32), 10, axis=0)

    found = recall(tracks, tracks, tracks, OWN, styles)

    # Then nine of ten others can be of the style
    assert abs(found.styled - 0.9) < 1e-6
    assert abs(found.chance_styled - 9 / 39) < 1e-6
    assert found.chance_at_ten == 0.25
