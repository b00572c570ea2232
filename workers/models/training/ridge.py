"""Ridge regression from texts to vectors, in closed form, with hyper-parameters that held-out folds decide.

The prediction for a text x is `S B' (x - mean) + c mean(Y)`. B is the ridge solution (Hoerl & Kennard 1970). S undoes
the directions that targets share (a ridge on their covariance, as in canonical correlation analysis). c keeps or drops
the targets' mean, which carries nothing about the text but pulls every prediction towards the central tracks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors

Double = npt.NDArray[np.float64]

#: Penalties, as multiples of the mean variance of the text dimensions.
PENALTIES: Final = (0.001, 0.01, 0.1, 1.0, 10.0)
#: Ridges on the targets' covariance, as multiples of its mean eigenvalue; None leaves the targets as they are.
SHARPENINGS: Final = (None, 1.0, 0.1, 0.01)
#: Eigenvalues of the targets below this share of the largest are float32 noise.
NOISE: Final = 1e-7


@dataclass(frozen=True, slots=True)
class RidgeParameters:
    """One setting of the regression."""

    penalty: float
    sharpening: float | None
    keep_mean: bool


@dataclass(frozen=True, slots=True)
class Linear:
    """Maps texts [n, T] to `texts @ weight.T + bias`; `weight` is float32 [D, T], `bias` float32 [D]."""

    weight: Vectors
    bias: Vectors

    def __call__(self, texts: Vectors) -> Vectors:
        predicted: Vectors = texts @ self.weight.T + self.bias
        return predicted


def choices() -> list[RidgeParameters]:
    """Return all choices to try; the mean is kept only with unsharpened targets, whose scale it shares."""
    return [
        RidgeParameters(penalty, sharpening, keep)
        for sharpening in SHARPENINGS
        for keep in ((False, True) if sharpening is None else (False,))
        for penalty in PENALTIES
    ]


def fit(texts: Vectors, targets: Vectors, owners: npt.NDArray[np.intp]) -> Iterator[tuple[RidgeParameters, Linear]]:
    """Yield one regression per choice. `texts` is [m, T], `targets` [n, D], `owners` [m] the target of each text."""
    mean_text, mean_target = texts.mean(0, dtype=np.float64), targets.mean(0, dtype=np.float64)
    centred = texts - mean_text
    spread, axes = np.linalg.eigh(centred.T @ centred / len(texts))
    # The covariance of texts with their targets.
    cross = centred.T @ (targets[owners] - mean_target) / len(texts)
    turned = axes.T @ cross
    plain = {p: axes @ (turned / (spread + p * spread.mean())[:, None]) for p in PENALTIES}
    sharpeners: dict[float | None, tuple[Double, Double] | None] = {None: None}
    if any(SHARPENINGS):
        sharpeners |= _sharpeners(targets - mean_target)
    for choice in choices():
        weight = plain[choice.penalty]
        sharpener = sharpeners[choice.sharpening]
        if sharpener is not None:
            directions, factors = sharpener
            weight = (weight @ directions * factors) @ directions.T
        bias = -mean_text @ weight + (mean_target if choice.keep_mean else 0.0)
        yield choice, Linear(weight.T.astype(np.float32), bias.astype(np.float32))


def _sharpeners(centred: Double) -> dict[float | None, tuple[Double, Double]]:
    """Return, by ridge, the targets' principal directions [D, r] and the factor of each."""
    # The smaller of the two Gram matrices has the same eigenvalues.
    count, width = centred.shape
    if width <= count:
        values, directions = np.linalg.eigh(centred.T @ centred / count)
    else:
        values, vectors = np.linalg.eigh(centred @ centred.T / count)
        directions = centred.T @ vectors
        directions /= np.maximum(np.linalg.norm(directions, axis=0), np.finfo(np.float64).tiny)
    significant = values > NOISE * values[-1]
    values, directions = values[significant], directions[:, significant]
    ridges = [ridge for ridge in SHARPENINGS if ridge is not None]
    return {ridge: (directions, 1 / (values / values.mean() + ridge)) for ridge in ridges}
