from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.harness.vectors import random_unit
from workers.search.recommend.ranking.similarity import Scale, clipped, scale_of, scale_of_pairs, scale_of_query

cosines = st.floats(-1, 1, width=32)
scales = st.builds(
    lambda low, step: Scale(low, low + step * (0.999 - low)), st.floats(-0.5, 0.98), st.floats(0.05, 0.95)
)


@given(scales, cosines, cosines)
def test_the_scale_is_monotone(scale: Scale, one: float, other: float) -> None:
    low, high = sorted((one, other))
    values = scale(np.array([low, high], np.float32))
    assert values[0] <= values[1]


@given(scales)
def test_its_fixed_points(scale: Scale) -> None:
    values = scale(np.array([scale.median, scale.close, 1], np.float32))
    assert np.allclose(values, [0, 0.5, 1], atol=1e-3)


@given(st.lists(cosines, max_size=60))
def test_any_cosines_make_a_usable_scale(values: list[float]) -> None:
    scale = scale_of(np.array(values, np.float32))
    assert -1 <= scale.median < scale.close < 1
    assert np.isfinite(scale(np.array([-1, 0, 1], np.float32))).all()


def test_a_collection_of_copies_does_not_collapse_the_scale() -> None:
    scale = scale_of_pairs(np.repeat(random_unit(1, 8), 20, axis=0))
    assert scale(np.array([1.0], np.float32))[0] == 1


def test_a_small_library_that_has_everything_twice_has_the_scale_of_its_music() -> None:
    # Given 60 tracks, and the same ones as another encoder left them
    once = random_unit(60, 24)
    noise = 0.05 * random_unit(60, 24, seed=1)
    twice = np.concatenate((once, (once + noise) / np.linalg.norm(once + noise, axis=1, keepdims=True)))
    assert (once * twice[60:]).sum(axis=1).max() < 0.9995
    # Then what is close is what is close among different tracks: not the copies, though they are one pair in a hundred
    alone, both = scale_of_pairs(once), scale_of_pairs(twice)
    assert abs(both.close - alone.close) < 0.05
    assert abs(both.median - alone.median) < 0.05


def test_half_is_closer_than_995_of_1000_pairs() -> None:
    vectors = random_unit(600, 24)
    pairs = (vectors @ vectors.T)[np.triu_indices(600, 1)]
    values = scale_of_pairs(vectors)(pairs)
    assert abs((values > 0).mean() - 0.5) < 0.01
    assert abs((values > 0.5).mean() - 0.005) < 0.001


def test_models_with_different_ideas_of_close_agree_on_the_scale() -> None:
    # Given one arrangement of tracks, seen by a model to which all music looks alike and by one to which none does
    spread = random_unit(400, 32)
    narrow = spread + 4 * random_unit(1, 32, seed=1)
    narrow /= np.linalg.norm(narrow, axis=1, keepdims=True)
    upper = np.triu_indices(400, 1)
    wide_pairs, narrow_pairs = (spread @ spread.T)[upper], (narrow @ narrow.T)[upper]
    assert narrow_pairs.mean() > 0.8
    assert abs(wide_pairs.mean()) < 0.1
    # Then on their scales the pairs lie alike
    wide_values = clipped(scale_of_pairs(spread)(wide_pairs))
    narrow_values = clipped(scale_of_pairs(narrow)(narrow_pairs))
    quantiles = (0.25, 0.5, 0.9, 0.99, 0.999)
    assert np.allclose(np.quantile(wide_values, quantiles), np.quantile(narrow_values, quantiles), atol=0.08)


def test_a_query_of_another_kind_is_placed_among_its_own_cosines() -> None:
    vectors = random_unit(500, 64)
    far = (random_unit(1, 64, seed=3)[0] * 0.1).astype(np.float32)
    values = scale_of_query(far, vectors)(vectors @ far)
    assert 0.5 < values.max() < 1
    assert abs(np.median(values)) < 0.01
