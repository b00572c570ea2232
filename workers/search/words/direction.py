"""A direction in a model's space: where the tracks that answer a text lie, seen from the middle of the library.

The whitened difference of means is the direction that separates some tracks from all others best by a line (Fisher,
"The use of multiple measurements", 1936).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from broker.vectors import Vectors

#: Share of the mean variance that is added to every axis: axes with hardly any variance say little.
RIDGE: Final = 0.5
#: As many examples as this count half for their plain mean: a whitened difference of few is mostly chance.
FEW: Final = 8.0


@dataclass(frozen=True, slots=True)
class Space:
    """The middle [dim] of a library, and the inverse [dim, dim] of its covariance."""

    middle: Vectors
    inverse: Vectors

    def towards(self, vectors: Vectors, weights: Vectors) -> Vectors:
        """Return the direction [dim], of unit length, to [n, dim] vectors with [n] weights of sum above 0."""
        shares = weights / weights.sum()
        away = shares @ vectors - self.middle
        plain = FEW / (FEW + 1 / float(shares @ shares))
        return _unit(plain * _unit(away) + (1 - plain) * _unit(self.inverse @ away))


def space_of(sample: Vectors) -> Space:
    """Return the space from which [n, dim] vectors were drawn."""
    middle = sample.mean(axis=0)
    centred = (sample - middle).astype(np.float64)
    covariance = centred.T @ centred / max(len(sample), 1)
    ridge = RIDGE * np.trace(covariance) / len(covariance) + 1e-9
    inverse = np.linalg.inv(covariance + ridge * np.eye(len(covariance)))
    return Space(middle.astype(np.float32), inverse.astype(np.float32))


def _unit(vector: Vectors) -> Vectors:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)
