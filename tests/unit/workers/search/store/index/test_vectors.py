"""Vectors in blocks of memory and in a file: the same rows, wherever they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from broker.vectors import Vectors
from contract.errors import StoreUnavailable
from tests.harness.vectors import random_unit
from workers.search.store.index.exact import nearest
from workers.search.store.index.vectors import BLOCK, StoredVectors

DIMENSION, COUNT = 8, 2 * BLOCK + 1000


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return random_unit(COUNT, DIMENSION)


@pytest.fixture
def path(vectors: Vectors, tmp_path: Path) -> Path:
    file = tmp_path / "vectors.f32"
    vectors.tofile(file)
    return file


@pytest.fixture(params=["memory", "one block in the file", "two blocks in the file", "read", "all in the file"])
def stored(request: pytest.FixtureRequest, vectors: Vectors, path: Path) -> StoredVectors:
    if request.param == "read":
        return StoredVectors.read(path, DIMENSION, COUNT, BLOCK + 77)
    if request.param == "all in the file":
        return StoredVectors.read(path, DIMENSION, COUNT, COUNT)
    stored = StoredVectors(DIMENSION)
    for start in range(0, COUNT, 1500):
        stored.append(vectors[start : start + 1500])
    covered = {"memory": 0, "one block in the file": BLOCK + 5, "two blocks in the file": COUNT}
    if covered[request.param]:
        stored.leave_in(path, BLOCK // 2)  # less than a block: nothing changes
        stored.leave_in(path, covered[request.param])
    return stored


def test_rows_are_found_wherever_they_are(stored: StoredVectors, vectors: Vectors) -> None:
    slots = np.random.default_rng(0).permutation(COUNT)
    assert len(stored) == COUNT
    assert np.array_equal(stored.take(slots), vectors[slots])
    assert stored.take([]).shape == (0, DIMENSION)


@pytest.mark.parametrize(("start", "stop"), [(0, COUNT), (3, BLOCK), (BLOCK - 1, BLOCK + 90), (COUNT, COUNT)])
def test_pieces_cover_a_range(stored: StoredVectors, vectors: Vectors, start: int, stop: int) -> None:
    pieces = [(first, piece.copy()) for first, piece in stored.pieces(start, stop)]
    assert np.array_equal(np.concatenate([np.empty((0, DIMENSION)), *(p for _, p in pieces)]), vectors[start:stop])
    assert [first for first, _ in pieces] == [start + sum(len(p) for _, p in pieces[:n]) for n in range(len(pieces))]
    assert all(0 < len(piece) <= BLOCK for _, piece in pieces)


def test_rows_that_come_later_follow(stored: StoredVectors, vectors: Vectors) -> None:
    more = random_unit(BLOCK + 3, DIMENSION, seed=1)
    stored.append(more)
    assert np.array_equal(stored.take(np.arange(len(stored))), np.concatenate((vectors, more)))


def test_the_nearest_are_the_same(stored: StoredVectors, vectors: Vectors) -> None:
    queries, chance = random_unit(5, DIMENSION, seed=2), np.random.default_rng(3)
    for share, first in ((1.0, 0), (0.5, 0), (0.05, 0), (0.9, BLOCK + 500), (0.1, BLOCK - 1)):
        allowed = chance.random(COUNT) < share
        similarity = np.where(allowed & (np.arange(COUNT) >= first), queries @ vectors.T, -np.inf)
        exact = np.unique(np.argsort(-similarity, axis=1)[:, :20])
        assert nearest(stored, queries, 20, allowed, first).tolist() == exact.tolist()


def test_what_is_in_the_file_is_not_in_memory(path: Path, vectors: Vectors) -> None:
    stored = StoredVectors(DIMENSION)
    stored.append(vectors)
    assert stored.in_memory == COUNT
    stored.leave_in(path, COUNT)
    assert stored.in_memory == COUNT - 2 * BLOCK


def test_a_file_that_is_too_short_is_refused(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(BLOCK * DIMENSION * 4)
    with pytest.raises(ValueError, match="shorter"):
        StoredVectors.read(path, DIMENSION, COUNT, BLOCK + 1)
    with pytest.raises(ValueError, match="reshape"):
        StoredVectors.read(path, DIMENSION, COUNT, 0)


def test_a_file_that_shrinks_is_an_error_and_no_crash(path: Path) -> None:
    stored = StoredVectors.read(path, DIMENSION, COUNT, COUNT)
    with path.open("r+b") as file:
        file.truncate(BLOCK * DIMENSION * 4)
    with pytest.raises(StoreUnavailable, match="ended"):
        stored.take([COUNT - 1])
    with pytest.raises(StoreUnavailable, match="ended"):
        list(stored.pieces(0, COUNT))
