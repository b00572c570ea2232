"""What is measured about labels and facts."""

from __future__ import annotations

import numpy as np
import pytest

from bench.labels_measures import Found, auc, floor, key_relation, rank_correlation, tempo_right


def test_area_under_the_curve() -> None:
    positive = np.array([True, True, False, False])
    assert auc(np.array([4.0, 3.0, 2.0, 1.0]), positive) == 1
    assert auc(np.array([1.0, 2.0, 3.0, 4.0]), positive) == 0
    assert auc(np.array([1.0, 4.0, 4.0, 1.0]), positive) == 0.5


@pytest.mark.parametrize(("value", "chance"), [(0.49, True), (0.57, True), (0.63, False), (0.95, False)])
def test_what_a_random_order_reaches_too_counts_as_chance(value: float, chance: bool) -> None:
    assert Found("music", value, positives=33, total=174, floor=-1.0).chance is chance
    assert Found("music", value, positives=33, total=174, floor=-1.0).stored()["chance"] is chance


def test_a_tenth_of_the_others_passes_the_floor() -> None:
    scores = np.arange(110.0)
    positive = scores >= 100
    assert (scores[~positive] > floor(scores, positive)).sum() == 10


@pytest.mark.parametrize(
    ("found", "relation"),
    [("A minor", "relative"), ("C major", "exact"), ("G major", "fifth"), ("C minor", "other"), (None, "other")],
)
def test_keys_near_c_major(found: str | None, relation: str) -> None:
    assert key_relation(found, "C major") == relation


@pytest.mark.parametrize(
    ("found", "right"), [(123.0, "exact"), (60.0, "octave"), (240.0, "octave"), (90.0, "wrong"), (None, "wrong")]
)
def test_tempi_near_120(found: float | None, right: str) -> None:
    assert tempo_right(found, 120.0) == right


def test_only_the_order_counts_for_a_rank_correlation() -> None:
    values = np.array([3.0, 1.0, 2.0, 10.0])
    assert rank_correlation(values, np.exp(values)) == pytest.approx(1)
    assert rank_correlation(values, -values) == pytest.approx(-1)
