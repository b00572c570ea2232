"""One score for a candidate from its similarities to many seeds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workers.search.recommend.ranking.calibration import Scores

#: Exponent of the weighted power mean. 1 is the mean, which finds what lies between different tastes and belongs to
#: none; infinity the best seed alone, which ignores weights. Chosen on planted tastes, see docs/search.md.
EXPONENT = 12.0
#: How much the plain mean counts where the power mean does not tell candidates apart.
TIE_BREAK = 1e-3


def score(similarity: Scores, weights: npt.NDArray[np.float32], exponent: float = EXPONENT) -> Scores:
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
