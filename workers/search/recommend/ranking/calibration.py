"""The calibrated scale: what a cosine means in the collection that it comes from.

0 is the median pair of different tracks, 0.5 a pair closer than 99.5 % of pairs, 1 the same recording (cosine 1);
linear between these. Models differ wildly in how close unrelated tracks look, and on this scale they can be compared.
Below the median the scale goes on to negative values, so that nothing ties; what people see is clipped to 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors
from workers.search.recommend.ranking.centring import centred_cosines

#: The share of pairs that lie below 0.5 of the scale, and the value there.
CLOSE_SHARE = 0.995
CLOSE_VALUE = 0.5
#: From this cosine, and this sameness, on two vectors are of the same recording and tell nothing about different ones.
#: Of a small library that has its albums twice they would be all that is close.
SAME = 0.9999
SAMENESS = 0.985
#: Smallest distance of two points of the scale, as a cosine: identical vectors must not make it collapse.
GAP = 1e-4
#: Decimal places of scores that count: sums of products differ in the seventh by the order in which they are made.
DIGITS = 6

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scale:
    """The cosines of an unrelated and of a close pair."""

    median: float = 0.0
    close: float = 0.5

    def __call__(self, cosine: Vectors) -> Scores:
        """Calibrated similarities of cosines, any shape; strictly increasing, at most 1 for cosines up to 1."""
        below = CLOSE_VALUE * (cosine - self.median) / (self.close - self.median)
        above = CLOSE_VALUE + (1 - CLOSE_VALUE) * (cosine - self.close) / (1 - self.close)
        return np.where(cosine < self.close, below, above).astype(np.float32)


def scale_of(cosines: Vectors) -> Scale:
    """The scale on which these [n] cosines of different tracks have their places; a plain one for n = 0."""
    different = cosines[cosines < SAME]
    if len(different):
        different = different[sameness_of(different, typical_of(different)) < SAMENESS]
    if not len(different):
        return Scale()
    median, close = (float(value) for value in np.quantile(different, (0.5, CLOSE_SHARE)))
    median = min(median, 1 - 2 * GAP)
    return Scale(median, min(max(close, median + GAP), 1 - GAP))


def typical_of(cosines: Vectors) -> float:
    """The cosine of an unrelated pair: the median, which copies do not move; 0 for none."""
    return min(float(np.median(cosines)), 1 - 2 * GAP) if len(cosines) else 0.0


def sameness_of(cosines: Vectors, typical: float) -> Scores:
    """How far cosines are on the way from an unrelated pair to equal vectors: 0 and 1, any shape.

    What another encoding changes is small beside the distance of unrelated tracks, in every model. It need not be
    small beside that of the closest ones, from which the calibrated scale begins: in a library of one style they are
    close. So this scale is for telling copies, the calibrated one for telling what is alike.
    """
    scaled: Scores = ((cosines - typical) / (1 - typical)).astype(np.float32)
    return scaled


def scale_of_pairs(vectors: Vectors, centre: Vectors | None = None) -> Scale:
    """The scale of a collection, from all pairs of [n, dim] unit vectors drawn from it, as seen from `centre`."""
    upper = np.triu_indices(len(vectors), 1)
    return scale_of(centred_cosines(vectors, vectors, centre)[upper])


def scale_of_query(query: Vectors, vectors: Vectors) -> Scale:
    """The scale of a [dim] query of another kind, such as a text: its own cosines to [n, dim] unit vectors.

    A text lies farther from any music than two unrelated tracks from each other, so the pairs' scale says nothing.
    """
    return scale_of(vectors @ query)


def clipped(scores: Scores) -> Scores:
    """Within 0..1, for people."""
    within: Scores = np.clip(scores, 0, 1)
    return within
