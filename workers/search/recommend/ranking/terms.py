"""Terms of a score, as pure functions of numbers.

`score.py` uses them to score a model's candidates, and `choose.py` to combine the models into one list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from contract.search import Row
from workers.search.recommend.ranking.similarity import Scores, clipped

#: Exponent of the weighted power mean. 1 is the mean, which favours tracks between different tastes that belong to
#: none; infinity is the best seed alone, which ignores weights. Chosen on planted tastes, see docs/develop/search.md.
EXPONENT: Final = 12.0
#: Weight of the plain mean where the power mean does not tell candidates apart.
TIE_BREAK: Final = 1e-3


def taste(similarity: Scores, weights: npt.NDArray[np.float32], exponent: float = EXPONENT) -> Scores:
    """Returns [n] scores from [n, seeds] calibrated similarities and [seeds] weights >= 0; all 0 means equal weights.

    A candidate near one of several tastes scores high; one near more or heavier seeds scores higher; one equally near
    to all seeds scores exactly that similarity.
    """
    shares = weights / weights.sum() if weights.sum() > 0 else np.full(len(weights), 1 / len(weights))
    positive = np.clip(similarity, 0, None).astype(np.float64)
    power = (positive**exponent @ shares) ** (1 / exponent)
    mean = similarity.astype(np.float64) @ shares
    # If all are below zero, only the mean preserves an order.
    combined: Scores = np.where(power > 0, power + TIE_BREAK * (mean - power), TIE_BREAK * mean).astype(np.float32)
    return combined


def nearest(similarity: Scores) -> Scores:
    """[n] similarity to the nearest of [n, things], within 0..1; zeros if there are no things."""
    if similarity.shape[1] == 0:
        return np.zeros(len(similarity), np.float32)
    return clipped(similarity.max(axis=1))


def negative_factor(similarity: Scores, penalty: float) -> Scores:
    """Returns the factor for [n] scores: 1 - similarity x (1 - penalty); lower is stronger, 1 has no effect."""
    factor: Scores = (1 - similarity * (1 - penalty)).astype(np.float32)
    return factor


def dislike_factor(similarity: Scores, strength: float) -> Scores:
    """Returns the factor for [n] scores: 1 - similarity x strength."""
    factor: Scores = (1 - similarity * strength).astype(np.float32)
    return factor


def penalised(scores: Scores, factor: Scores) -> Scores:
    """Multiply scores by factors, but divide negative scores: a factor below 1 would raise them."""
    safe = np.maximum(factor, 1e-3)
    lower: Scores = np.where(scores >= 0, scores * factor, scores / safe).astype(np.float32)
    return lower


def boosted(scores: Scores, rows: Sequence[Row], albums: Mapping[str, float], artists: Mapping[str, float]) -> Scores:
    """Returns the [n] scores of `rows` multiplied by the factors (0..1, 1 if absent) of their album and artist."""
    if not albums and not artists:
        return scores
    factors = [albums.get(row.album_id, 1.0) * artists.get(row.artist_id, 1.0) for row in rows]
    return penalised(scores, np.array(factors, np.float32))
