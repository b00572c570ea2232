"""Terms of a score: each is a pure function of numbers, called where a model's candidates are scored (`score.py`) or
where the models are one list (`choose.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from contract.search import Row
from workers.search.recommend.ranking.likeness import Scores, clipped

#: Exponent of the weighted power mean. 1 is the mean, which finds what lies between different tastes and belongs to
#: none; infinity the best seed alone, which ignores weights. Chosen on planted tastes, see docs/develop/search.md.
EXPONENT = 12.0
#: How much the plain mean counts where the power mean does not tell candidates apart.
TIE_BREAK = 1e-3


def taste(similarity: Scores, weights: npt.NDArray[np.float32], exponent: float = EXPONENT) -> Scores:
    """[n] scores from [n, seeds] calibrated similarities and [seeds] weights >= 0; all 0 means all equal.

    A candidate near one of several tastes scores high, nearer to more seeds or heavier ones higher, and equally near
    to all of them it scores just that similarity.
    """
    shares = weights / weights.sum() if weights.sum() > 0 else np.full(len(weights), 1 / len(weights))
    positive = np.clip(similarity, 0, None).astype(np.float64)
    power = (positive**exponent @ shares) ** (1 / exponent)
    mean = similarity.astype(np.float64) @ shares
    # Below zero everywhere: the mean alone keeps an order.
    combined: Scores = np.where(power > 0, power + TIE_BREAK * (mean - power), TIE_BREAK * mean).astype(np.float32)
    return combined


def nearest(similarity: Scores) -> Scores:
    """[n] similarity to the nearest of [n, things], within 0..1; zeros where there is none."""
    if similarity.shape[1] == 0:
        return np.zeros(len(similarity), np.float32)
    return clipped(similarity.max(axis=1))


def negative_factor(similarity: Scores, penalty: float) -> Scores:
    """What [n] scores are multiplied by: 1 - similarity x (1 - penalty); lower `penalty` is stronger, 1 is none."""
    factor: Scores = (1 - similarity * (1 - penalty)).astype(np.float32)
    return factor


def dislike_factor(similarity: Scores, strength: float) -> Scores:
    """What [n] scores are multiplied by: 1 - similarity x strength."""
    factor: Scores = (1 - similarity * strength).astype(np.float32)
    return factor


def penalised(scores: Scores, factor: Scores) -> Scores:
    """Scores times factors. A negative score would rise when multiplied by less than 1, so it is divided."""
    safe = np.maximum(factor, 1e-3)
    lower: Scores = np.where(scores >= 0, scores * factor, scores / safe).astype(np.float32)
    return lower


def favoured(scores: Scores, rows: Sequence[Row], albums: Mapping[str, float], artists: Mapping[str, float]) -> Scores:
    """[n] scores of `rows` times the factors (0..1, absent: 1) of their album and artist."""
    if not albums and not artists:
        return scores
    factors = [albums.get(row.album_id, 1.0) * artists.get(row.artist_id, 1.0) for row in rows]
    return penalised(scores, np.array(factors, np.float32))
