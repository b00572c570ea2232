"""How alike the tracks of one collection are: cosines around its centre, on the calibrated scale.

*The scale* gives a cosine its meaning within its collection. 0 is the median pair of different tracks, 0.5 a pair
closer than 99.5 % of pairs, 1 the same recording (cosine 1); linear in between. Models differ widely in how close
unrelated tracks look, and this scale makes them comparable. Below the median the scale continues into negative values
so that nothing ties; values shown to people are clipped to 0..1.

*The centre*: in many dimensions, tracks near the mean of a collection are near everything and turn up in every list
(hubs: Radovanovic et al., 2010). Subtracting the mean removes this effect (Suzuki et al., "Centering similarity
measures to reduce hubs", 2013) and costs one dot product per track. Measured in docs/benchmarks/quality.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors

#: The share of pairs that lie below 0.5 of the scale, and the value there.
CLOSE_SHARE: Final = 0.995
CLOSE_VALUE: Final = 0.5
#: From this cosine and this sameness upwards, two vectors belong to the same recording and say nothing about different
#: ones. In a small library that has its albums twice, they would be the only close pairs.
SAME: Final = 0.9999
SAMENESS: Final = 0.985
#: Smallest distance between two points of the scale, as a cosine: identical vectors must not collapse it.
GAP: Final = 1e-4
#: Decimal places of scores that count: the order of summation changes the seventh.
DIGITS: Final = 6
#: With fewer vectors than this the centre is meaningless: what they share may be everything they have.
FEWEST: Final = 100
#: Smallest squared distance from the centre: a track at the centre has no direction from it.
LEAST_SQUARED: Final = 1e-6

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """Calibrated similarity of unit vectors; `centre` is [dim], or None if it does not apply.

    `typical` is the plain cosine of an unrelated pair.
    """

    scale: Scale
    centre: Vectors | None = None
    typical: float = 0.0

    def __call__(self, some: Vectors, others: Vectors) -> Scores:
        """[n, m] similarities of [n, dim] and [m, dim] unit vectors."""
        return self.scale(centred_cosines(some, others, self.centre))

    def of_pairs(self, cosines: Vectors, one: Vectors, other: Vectors) -> tuple[Scores, Scores]:
        """Returns [n] similarities and [n] samenesses from the [n] plain cosines of pairs and `beside` of either side.

        Sameness compares files, independently of the collection: it uses the plain cosine.
        """
        centred = cosines if self.centre is None else centred_pairs(cosines, one, other, self.centre)
        return self.scale(centred), sameness_of(cosines, self.typical)

    def beside(self, vectors: Vectors) -> Vectors:
        """[n] dot products of [n, dim] unit vectors with the centre; zeros if there is no centre."""
        products: Vectors = np.zeros(len(vectors), np.float32) if self.centre is None else vectors @ self.centre
        return products


def similarity_within(sample: Vectors) -> Similarity:
    """Returns the similarity of the collection from which [n, dim] unit vectors were drawn."""
    centre = centre_of(sample)
    upper = np.triu_indices(len(sample), 1)
    return Similarity(scale_of_pairs(sample, centre), centre, typical_of((sample @ sample.T)[upper]))


def similarity_to_query(query: Vectors, sample: Vectors) -> Similarity:
    """Returns the similarity of tracks to a [dim] query of another kind, such as a text; it ignores the centre."""
    return Similarity(scale_of_query(query, sample))


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
    """Returns the scale for these [n] cosines of different tracks; the default scale for n = 0."""
    different = cosines[cosines < SAME]
    if len(different):
        different = different[sameness_of(different, typical_of(different)) < SAMENESS]
    if not len(different):
        return Scale()
    median, close = (float(value) for value in np.quantile(different, (0.5, CLOSE_SHARE)))
    median = min(median, 1 - 2 * GAP)
    return Scale(median, min(max(close, median + GAP), 1 - GAP))


def typical_of(cosines: Vectors) -> float:
    """Returns the cosine of an unrelated pair: the median, which copies do not shift; 0 if there are no pairs."""
    return min(float(np.median(cosines)), 1 - 2 * GAP) if len(cosines) else 0.0


def sameness_of(cosines: Vectors, typical: float) -> Scores:
    """Scales cosines of any shape so that an unrelated pair is 0 and equal vectors are 1.

    In every model, another encoding changes little compared with the distance of unrelated tracks. It may change a lot
    compared with the distance of the closest tracks, which sets the calibrated scale: in a library of one style, these
    are very close. So use this scale to recognise copies, and the calibrated one to compare how tracks sound.
    """
    scaled: Scores = ((cosines - typical) / (1 - typical)).astype(np.float32)
    return scaled


def scale_of_pairs(vectors: Vectors, centre: Vectors | None = None) -> Scale:
    """Returns the scale of a collection, from all pairs of [n, dim] unit vectors drawn from it, around `centre`."""
    upper = np.triu_indices(len(vectors), 1)
    return scale_of(centred_cosines(vectors, vectors, centre)[upper])


def scale_of_query(query: Vectors, vectors: Vectors) -> Scale:
    """Returns the scale of a [dim] query of another kind, such as a text, from its cosines to [n, dim] unit vectors.

    A text is farther from any music than two unrelated tracks are from each other, so the pairs' scale does not apply.
    """
    return scale_of(vectors @ query)


def clipped(scores: Scores) -> Scores:
    """Clip scores to 0..1, for display."""
    within: Scores = np.clip(scores, 0, 1)
    return within


def centre_of(sample: Vectors) -> Vectors | None:
    """Returns the [dim] centre of [n, dim] unit vectors drawn from a collection; None if there are too few."""
    centre: Vectors = sample.mean(axis=0)
    return centre if len(sample) >= FEWEST else None


def centred_cosines(some: Vectors, others: Vectors, centre: Vectors | None) -> Vectors:
    """[n, m] cosines of [n, dim] and [m, dim] unit vectors, as seen from `centre`.

    Computed as (a-c)(b-c) = ab - ac - bc + cc, so that no vector is copied.
    """
    cosines: Vectors = some @ others.T
    if centre is None:
        return cosines
    square = float(centre @ centre)
    a, b = some @ centre, others @ centre
    cosines += square - a[:, None] - b
    cosines /= _distance(a, square)[:, None]
    cosines /= _distance(b, square)
    return cosines


def centred_pairs(cosines: Vectors, a: Vectors, b: Vectors, centre: Vectors) -> Vectors:
    """[n] plain cosines of pairs as seen from `centre`; `a` and `b`: [n] dot products of either side with it."""
    square = float(centre @ centre)
    centred: Vectors = (cosines + (square - a - b)) / (_distance(a, square) * _distance(b, square))
    return centred


def _distance(products: Vectors, square: float) -> Vectors:
    """[n] distances from the centre, from the dot products of unit vectors with it."""
    distances: Vectors = np.sqrt(np.maximum(1 - 2 * products + np.float32(square), LEAST_SQUARED), dtype=np.float32)
    return distances
