"""Back from the stored space of a large model."""

from __future__ import annotations

import numpy as np

from broker.vectors import Vectors
from workers.models.training.lift import lift
from workers.search.store.projection import project, unproject


def cosines(a: Vectors, b: Vectors) -> Vectors:
    found: Vectors = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    return found


def test_a_lifted_vector_is_stored_as_what_it_was() -> None:
    stored = np.random.default_rng(1).standard_normal((3, 512), np.float32)

    lifted = lift(stored, 9000)

    assert lifted.shape == (3, 9000) and lifted.dtype == np.float32
    assert cosines(project(lifted, 512), stored).min() > 0.999


def test_what_is_stored_whole_stays_as_it_is() -> None:
    stored = np.ones((2, 96), np.float32)

    assert lift(stored, 96) is stored


def test_unproject_is_the_transpose_of_project() -> None:
    rng = np.random.default_rng(2)
    long, short = rng.standard_normal((1, 3000), np.float32), rng.standard_normal((1, 64), np.float32)

    there, back = project(long, 64), unproject(short, 3000)

    assert abs(float(np.sum(there * short)) - float(np.sum(long * back))) < 1e-2
