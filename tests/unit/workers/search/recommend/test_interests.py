"""Kinds of music among tracks: found if they exist, not invented."""

from __future__ import annotations

import numpy as np
import pytest

from broker.vectors import Vectors
from workers.search.recommend.interests import FEWEST, divide, silhouette


def kinds(*sizes: int, noise: float = 0.1, seed: int = 1) -> Vectors:
    """[n, 32] unit vectors around one direction for each size."""
    rng = np.random.default_rng(seed)
    parts = [np.eye(32)[kind] + rng.normal(0, noise, (size, 32)) for kind, size in enumerate(sizes)]
    vectors = np.concatenate(parts)
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


@pytest.mark.parametrize("sizes", [(12, 8), (20, 10, 5), (10, 10, 10, 10)])
def test_planted_kinds_are_found(sizes: tuple[int, ...]) -> None:
    labels = divide(kinds(*sizes), 6)
    expected = np.repeat(np.arange(len(sizes)), sizes)
    assert len(set(zip(labels.tolist(), expected.tolist(), strict=True))) == len(sizes)


def test_no_more_than_wanted() -> None:
    labels = divide(kinds(10, 10, 10, 10, 10), 3)
    large = [size for size in np.bincount(labels) if size >= FEWEST]
    assert len(large) <= 3


def test_odd_tracks_do_not_hide_the_kinds() -> None:
    labels = divide(kinds(12, 12, 1, 1), 3)
    assert labels[0] != labels[12]
    assert len(set(labels[:12].tolist())) == 1


@pytest.mark.parametrize("count", [0, 1, 5])
def test_few_tracks_are_one_kind(count: int) -> None:
    assert divide(kinds(count), 3).tolist() == [0] * count


def test_the_silhouette_of_a_clear_division_is_high() -> None:
    vectors = kinds(6, 6, noise=0.01)
    distances = np.linalg.norm(vectors[:, None] - vectors[None], axis=2).astype(np.float32)
    clear, wrong = np.repeat([0, 1], 6).astype(np.int32), np.tile([0, 1], 6).astype(np.int32)
    assert silhouette(distances, clear) > 0.9
    assert silhouette(distances, wrong) < 0
