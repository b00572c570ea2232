"""Map the stored space of a large model back to that of its API, which text vectors use."""

from __future__ import annotations

from typing import Final

import numpy as np

from broker.vectors import Vectors
from workers.search.store.projection import project, unproject

#: Most steps of the solver. The operator's eigenvalues lie between 0 and 2, so the error falls fast.
STEPS: Final = 8
#: The solver stops when residuals fall below this share of the vector.
TOLERANCE: Final = 1e-2


def lift(vectors: Vectors, dimension: int) -> Vectors:
    """Map [n, stored] to float32 [n, dimension]: the shortest vectors whose projection is `vectors`.

    Returns them unchanged if nothing was projected. Conjugate gradients (Hestenes & Stiefel 1952) on
    `project(unproject(z)) = y`, row by row.
    """
    stored = vectors.shape[1]
    if dimension <= stored:
        return vectors
    solution, residual = np.zeros_like(vectors), vectors.copy()
    direction = residual.copy()
    size = _squares(residual)
    enough = TOLERANCE**2 * size
    for _ in range(STEPS):
        if np.all(size <= enough):
            break
        image = project(unproject(direction, dimension), stored)
        step = size / np.maximum(np.sum(direction * image, axis=1, keepdims=True), np.finfo(np.float32).tiny)
        solution += step * direction
        residual -= step * image
        before, size = size, _squares(residual)
        direction *= size / np.maximum(before, np.finfo(np.float32).tiny)
        direction += residual
    return unproject(solution, dimension)


def _squares(rows: Vectors) -> Vectors:
    """Return the sum of squares of each row, [n, 1]."""
    squares: Vectors = np.sum(rows * rows, axis=1, keepdims=True)
    return squares
