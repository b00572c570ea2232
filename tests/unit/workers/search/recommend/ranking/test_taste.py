from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.harness.vectors import clusters, random_unit
from workers.search.recommend.ranking.similarity import scale_of_pairs
from workers.search.recommend.ranking.terms import EXPONENT, taste

similarities = arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(1, 5)), elements=st.floats(-2, 1, width=32))
weights = st.floats(0, 4, width=32)


@given(st.data(), similarities)
def test_scores_stay_between_the_worst_and_the_best_seed(data: st.DataObject, similarity: np.ndarray) -> None:
    shares = np.array(data.draw(st.lists(weights, min_size=similarity.shape[1], max_size=similarity.shape[1])), "f4")
    scores = taste(similarity, shares)
    assert np.isfinite(scores).all()
    assert (scores <= np.maximum(similarity.max(axis=1), 0) + 1e-4).all()
    assert (scores >= np.minimum(similarity.min(axis=1), 0) - 1e-4).all()


@given(st.data(), similarities)
def test_closer_to_a_seed_is_never_worse(data: st.DataObject, similarity: np.ndarray) -> None:
    seed = data.draw(st.integers(0, similarity.shape[1] - 1))
    shares = np.ones(similarity.shape[1], np.float32)
    closer = similarity.copy()
    closer[:, seed] += np.float32(0.1)
    assert (taste(closer, shares) >= taste(similarity, shares) - 1e-5).all()


@given(st.floats(-1, 1, width=32), st.integers(1, 9))
def test_equally_near_to_all_seeds_is_that_near(value: float, seeds: int) -> None:
    scores = taste(np.full((1, seeds), value, np.float32), np.ones(seeds, np.float32))
    assert scores[0] == pytest.approx(value if value > 0 else value * 1e-3, abs=1e-4)


def test_support_from_a_further_seed_helps() -> None:
    similarity = np.array([[0.8, 0.0, 0.0], [0.8, 0.6, 0.0]], np.float32)
    alone, supported = taste(similarity, np.ones(3, np.float32))
    assert supported > alone


def test_weight_decides_between_tastes() -> None:
    similarity = np.array([[0.7, 0.0], [0.0, 0.7]], np.float32)
    heavy, light = taste(similarity, np.array([1.0, 0.1], np.float32))
    assert heavy > light > 0


def test_zero_weights_mean_equal_ones() -> None:
    similarity = np.array([[0.7, 0.1], [0.2, 0.3]], np.float32)
    assert np.array_equal(taste(similarity, np.zeros(2, np.float32)), taste(similarity, np.ones(2, np.float32)))


def test_planted_tastes_win_over_what_lies_between_them() -> None:
    # Given three tastes, and tracks halfway between any two of them
    tracks = clusters(3, 30, 48, spread=0.8)
    centres = tracks.reshape(3, 30, 48).mean(axis=1)
    halfway = np.repeat([centres[0] + centres[1], centres[0] + centres[2], centres[1] + centres[2]], 20, axis=0)
    between = halfway / np.linalg.norm(halfway, axis=1, keepdims=True) + 0.8 * random_unit(60, 48, seed=4)
    between /= np.linalg.norm(between, axis=1, keepdims=True)
    library = np.concatenate((tracks, between.astype(np.float32)))
    similarity = scale_of_pairs(library)(library @ tracks[[0, 1, 30, 31, 60, 61]].T)
    shares = np.ones(6, np.float32)
    # Then most of the best thirty are of the tastes themselves, where the plain mean prefers what belongs to none
    ours, mean = (
        float((np.argsort(-taste(similarity, shares, exponent))[:30] < 90).mean()) for exponent in (EXPONENT, 1)
    )
    assert ours > 0.75
    assert mean < ours - 0.15
