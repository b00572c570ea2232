from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import hadamard

from tests.harness.vectors import random_unit
from workers.search.store.projection import project, transform

MERT = 76_800


def test_the_transform_is_the_hadamard_matrix() -> None:
    vectors = random_unit(3, 64)
    transformed = vectors.copy()
    transform(transformed)
    assert np.allclose(transformed, vectors @ hadamard(64), atol=1e-5)


def test_shorter_vectors_are_kept_whole() -> None:
    vectors = random_unit(2, 1536)
    assert np.array_equal(project(vectors, 4096), vectors)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.floats(-0.95, 0.95))
def test_inner_products_are_kept(seed: int, cosine: float) -> None:
    # Given two vectors of a known cosine
    first, other = random_unit(2, 5000, seed)
    across = other - (other @ first) * first
    second = cosine * first + np.sqrt(1 - cosine**2) * across / np.linalg.norm(across)
    # When both are projected
    stored = project(np.stack((first, second)), 2048)
    # Then lengths and cosine are kept within a few standard errors of sqrt(2 / 2048)
    assert np.allclose(np.linalg.norm(stored, axis=1), 1, atol=0.1)
    assert stored[0] @ stored[1] == pytest.approx(cosine, abs=0.13)


def test_the_error_over_many_pairs_is_as_the_literature_says() -> None:
    vectors = random_unit(60, 9000)
    stored = project(vectors, 4096)
    error = (stored @ stored.T - vectors @ vectors.T)[np.triu_indices(60, 1)]
    assert abs(error.mean()) < 0.002
    assert error.std() < 1.2 / np.sqrt(4096)


def test_sparse_vectors_are_spread_before_rows_are_chosen() -> None:
    vectors = np.zeros((2, 9000), np.float32)
    vectors[0, 5] = vectors[1, 5] = vectors[1, 77] = 1
    stored = project(vectors, 4096)
    assert stored[0] @ stored[0] == pytest.approx(1, abs=0.01)
    assert stored[0] @ stored[1] == pytest.approx(1, abs=0.1)


def test_a_smaller_stored_dimension_is_a_prefix() -> None:
    vectors = random_unit(1, 5000)
    wide, narrow = project(vectors, 1024), project(vectors, 256)
    assert np.allclose(wide[:, :256] * 2, narrow, atol=1e-6)


def test_every_host_makes_the_same_vectors() -> None:
    # Whole numbers stay exact in float32, so the bytes must be equal everywhere.
    vectors = (np.arange(MERT) % 7 - 3).astype(np.float32)[None]
    stored = project(vectors, 4096) * np.float32(64)
    assert stored.shape == (1, 4096)
    digest = hashlib.sha256(stored.astype("<i8").tobytes()).hexdigest()
    assert digest == "27a7b48a0a885133c9ffff8943aa2156aba73e3b5ff0673a9103c9f7a232a592"
