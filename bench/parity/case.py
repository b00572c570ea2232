"""One comparison of an array with the result of the published package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

#: Largest absolute difference by kind of array: enough for float32 on a CPU, too small for a mathematical mistake.
UNIT, DECIBELS, FRAMES, LAYER_MEANS, HALF, ENRICHED = 5e-6, 1e-3, 1e-4, 2e-4, 1e-2, 1e-6
#: The same for arrays in double precision.
DOUBLE = 1e-12
#: Lowest cosine of vectors.
COSINE = 0.999999

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Case:
    """`difference` is the largest absolute one, infinite if the shapes differ; `cosine` the lowest of any row."""

    name: str
    difference: float
    cosine: float
    tolerance: float

    @property
    def met(self) -> bool:
        return self.difference <= self.tolerance and self.cosine >= COSINE

    def line(self) -> str:
        verdict = "ok" if self.met else "MISSED"
        return (
            f"{self.name:<44} max abs {self.difference:8.1e} (of {self.tolerance:.0e})  "
            f"cosine {self.cosine:.9f}  {verdict}"
        )


def compare(name: str, found: Array, expected: Array, tolerance: float) -> Case:
    """Compare one pair of arrays; the last axis is a vector."""
    if found.shape != expected.shape or not np.isfinite(found).all():
        return Case(name, float("inf"), -1.0, tolerance)
    wide, wanted = found.astype(np.float64), expected.astype(np.float64)
    return Case(name, float(np.abs(wide - wanted).max()), _least_cosine(wide, wanted), tolerance)


def _least_cosine(found: Array, expected: Array) -> float:
    """Returns 1 if both are zeros."""
    rows, wanted = np.atleast_2d(found), np.atleast_2d(expected)
    norms = np.linalg.norm(rows, axis=-1) * np.linalg.norm(wanted, axis=-1)
    equal = (rows == wanted).all(axis=-1)
    cosines = np.where(equal, 1.0, (rows * wanted).sum(axis=-1) / np.where(norms > 0, norms, 1.0))
    return float(cosines.min())
