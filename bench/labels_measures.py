"""Measures of `bench.labels`: ROC curves, floors, and how near a tempo or a key is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from contract.labels import KEYS

#: Relative error up to which a tempo is right.
NEAR: Final = 0.04
#: Standard errors above a half that an area under the curve needs to be better than chance.
SIGNIFICANT: Final = 1.64
#: Highest share of the tracks without a label that may pass its floor.
FALSE_ALARMS: Final = 0.1

Relation = Literal["exact", "fifth", "relative", "other"]


@dataclass(frozen=True, slots=True)
class Found:
    """How well a label was found: the material, the AUC, tracks that have it, tracks in all, and its floor."""

    material: str
    auc: float
    positives: int
    total: int
    floor: float

    @property
    def chance(self) -> bool:
        """Whether the AUC is no better than chance, given its standard error (Hanley and McNeil 1982, at a half)."""
        negatives = self.total - self.positives
        error = np.sqrt((self.positives + negatives + 1) / (12 * self.positives * negatives))
        return bool(self.auc < 0.5 + SIGNIFICANT * error)

    def stored(self) -> dict[str, Any]:
        """Return what the library reads at run time."""
        return {
            "auc": round(self.auc, 3),
            "positives": self.positives,
            "floor": round(self.floor, 3),
            "chance": self.chance,
        }


def auc(scores: np.ndarray, positive: np.ndarray) -> float:
    """Return the chance that a positive scores above a negative; ties count half."""
    order = np.concatenate([scores[positive], scores[~positive]])
    _, inverse, counts = np.unique(order, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    n, m = int(positive.sum()), int((~positive).sum())
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return Spearman's correlation of two columns [n]."""
    places, others = (np.argsort(np.argsort(column)) for column in (first, second))
    return float(np.corrcoef(places, others)[0, 1])


def floor(scores: np.ndarray, positive: np.ndarray) -> float:
    """Return the score above which a tenth of the negatives lie: below it, a label says too little."""
    return float(np.quantile(scores[~positive], 1 - FALSE_ALARMS))


def tempo_right(found: float | None, truth: float) -> Literal["exact", "octave", "wrong"]:
    """Return whether a tempo is right, or its half or double, within `NEAR`."""
    if found is None:
        return "wrong"
    if abs(found / truth - 1) < NEAR:
        return "exact"
    return "octave" if min(abs(found / truth / factor - 1) for factor in (0.5, 2.0)) < NEAR else "wrong"


def key_relation(found: str | None, truth: str) -> Relation:
    """Return how a key relates to the true one."""
    if found is None:
        return "other"
    (tone, mode), (true_tone, true_mode) = (divmod(KEYS.index(key), 12)[::-1] for key in (found, truth))
    if (tone, mode) == (true_tone, true_mode):
        return "exact"
    step = (tone - true_tone) % 12
    if mode == true_mode:
        return "fifth" if step in {5, 7} else "other"
    return "relative" if step == (9 if true_mode == 0 else 3) else "other"
