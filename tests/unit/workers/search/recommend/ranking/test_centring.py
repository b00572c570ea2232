"""Cosines around a centre: their values, that equal vectors stay equal, and that hubs lose their place."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bench.measures import hubness, nearest
from tests.harness.vectors import random_unit
from workers.search.recommend.ranking.similarity import (
    FEWEST,
    centre_of,
    centred_cosines,
    similarity_to_query,
    similarity_within,
)


def common(count: int, dimension: int, share: float, seed: int = 0) -> np.ndarray:
    """[count, dimension] unit vectors that have a direction in common, more or less of it."""
    rng = np.random.default_rng(seed)
    vectors = random_unit(count, dimension, seed) + share * random_unit(1, dimension, seed + 1) * rng.random((count, 1))
    unit: np.ndarray = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


@given(st.integers(0, 1000), st.floats(0, 3))
def test_they_are_the_cosines_of_what_is_left_without_the_centre(seed: int, share: float) -> None:
    some, others = common(7, 12, share, seed), common(5, 12, share, seed + 7)
    centre = some.mean(axis=0)
    a, b = some - centre, others - centre
    expected = (a @ b.T) / np.linalg.norm(a, axis=1)[:, None] / np.linalg.norm(b, axis=1)
    assert np.allclose(centred_cosines(some, others, centre), expected, atol=1e-4)


def test_a_track_that_is_the_centre_has_finite_cosines() -> None:
    vectors = random_unit(3, 8)
    assert np.isfinite(centred_cosines(vectors, vectors, vectors[0])).all()


def test_few_tracks_have_no_centre() -> None:
    few = random_unit(FEWEST - 1, 8)
    assert centre_of(few) is None
    assert np.allclose(similarity_within(few)(few, few), similarity_within(few).scale(few @ few.T), atol=1e-6)
    assert centre_of(random_unit(FEWEST, 8)) is not None


def test_a_track_is_most_like_itself() -> None:
    vectors = common(400, 24, 2.0)
    similarity = similarity_within(vectors)
    values = similarity(vectors[:50], vectors)
    assert np.array_equal(values.argmax(axis=1), np.arange(50))
    assert np.allclose(values[np.arange(50), np.arange(50)], 1, atol=1e-3)
    assert abs(float(np.median(values))) < 0.05


def test_hubs_lose_their_place() -> None:
    # Given tracks that share a direction, so that those with most of it are near everything
    vectors = common(500, 32, 2.5)
    own = np.eye(500, dtype=bool)
    plain = hubness(nearest(vectors @ vectors.T, own, 10), 500)
    # When
    centred = hubness(nearest(similarity_within(vectors)(vectors, vectors), own, 10), 500)
    # Then
    assert centred.skew < 0.7 * plain.skew
    assert centred.never <= plain.never


def test_a_text_has_no_place_around_the_centre() -> None:
    vectors = common(300, 24, 2.0)
    text = random_unit(1, 24, seed=9)[0]
    similarity = similarity_to_query(text, vectors)
    assert np.array_equal(np.argsort(similarity(vectors, text[None])[:, 0]), np.argsort(vectors @ text))
