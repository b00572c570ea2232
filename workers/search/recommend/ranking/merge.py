"""Merges the results of several models: which candidates stay, in which order of preference, with which score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from contract.search import MergeStrategy
from workers.search.recommend.ranking.similarity import Scores

#: Rank of a model that `model_priorities` does not name: behind all named ones.
LAST_PRIORITY: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Merged:
    """[n] scores, [n] tiers (all of a lower tier precede any of a higher one), [n] True if a candidate stays."""

    scores: Scores
    tiers: npt.NDArray[np.int64]
    kept: npt.NDArray[np.bool_]


def merge(scores: Scores, strategy: MergeStrategy, agreement: int = 1, priorities: Sequence[int] = ()) -> Merged:
    """Merge [n, models] calibrated scores, NaN if a model did not find the candidate.

    `union`: the mean over the models that found it; if `agreement` exceeds one, ordered by how many did.
    `intersection`: found by all. `priority`: candidates found by all first, then those of the model with the lowest
    priority number. A candidate stays only if at least `agreement` models found it.
    """
    present = ~np.isnan(scores)
    count = present.sum(axis=1)
    mean = np.where(present, scores, 0).sum(axis=1) / np.maximum(count, 1)
    stays = (count >= agreement) & (count > 0)
    tiers = np.zeros(len(scores), np.int64)
    everywhere = count == scores.shape[1]
    if strategy == "intersection":
        stays &= everywhere
    elif strategy == "priority":
        first = _first(priorities, scores.shape[1])
        stays &= everywhere | present[:, first]
        tiers = np.where(everywhere, 0, 1)
        mean = np.where(everywhere, mean, np.where(present[:, first], scores[:, first], 0))
    elif agreement > 1:
        tiers = scores.shape[1] - count
    return Merged(mean.astype(np.float32), tiers.astype(np.int64), stays)


def _first(priorities: Sequence[int], models: int) -> int:
    return min(range(models), key=lambda model: priorities[model] if model < len(priorities) else LAST_PRIORITY)
