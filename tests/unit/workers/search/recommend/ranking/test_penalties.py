from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workers.search.recommend.ranking.terms import dislike_factor, nearest, negative_factor, penalised

scores = st.floats(-1, 1, width=32)
shares = st.floats(0, 1, width=32)


def one(value: float) -> np.ndarray:
    return np.array([value], np.float32)


@given(scores, shares, st.floats(0.3, 1))
def test_a_penalty_never_raises_a_score(score: float, similarity: float, penalty: float) -> None:
    assert penalised(one(score), negative_factor(one(similarity), penalty))[0] <= score + 1e-6
    assert penalised(one(score), dislike_factor(one(similarity), 1 - penalty))[0] <= score + 1e-6


@given(scores, shares)
def test_penalty_one_and_strength_zero_change_nothing(score: float, similarity: float) -> None:
    assert penalised(one(score), negative_factor(one(similarity), 1.0))[0] == np.float32(score)
    assert penalised(one(score), dislike_factor(one(similarity), 0.0))[0] == np.float32(score)


def test_the_formula_of_the_contract() -> None:
    assert np.allclose(penalised(one(0.8), negative_factor(one(0.5), 0.3)), 0.8 * (1 - 0.5 * 0.7))


def test_the_nearest_counts_and_nothing_is_far() -> None:
    assert nearest(np.array([[0.2, 0.7], [-3, -1], [2, 0]], np.float32)).tolist() == [np.float32(0.7), 0, 1]
    assert nearest(np.zeros((2, 0), np.float32)).tolist() == [0, 0]
