"""How alike the tracks of one collection are: cosines around its centre, on the calibrated scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from broker.vectors import Vectors
from workers.search.recommend.ranking.calibration import (
    Scale,
    Scores,
    sameness_of,
    scale_of_pairs,
    scale_of_query,
    typical_of,
)
from workers.search.recommend.ranking.centring import centre_of, centred_cosines, centred_pairs


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """Calibrated similarity of unit vectors; `centre` is [dim], None where it does not count.

    `typical` is the plain cosine of an unrelated pair.
    """

    scale: Scale
    centre: Vectors | None = None
    typical: float = 0.0

    def __call__(self, some: Vectors, others: Vectors) -> Scores:
        """[n, m] similarities of [n, dim] and [m, dim] unit vectors."""
        return self.scale(centred_cosines(some, others, self.centre))

    def of_pairs(self, cosines: Vectors, one: Vectors, other: Vectors) -> tuple[Scores, Scores]:
        """From the [n] plain cosines of pairs and `beside` of either side: [n] similarities, [n] samenesses.

        Sameness is about the files, not about the collection: by the plain cosine.
        """
        centred = cosines if self.centre is None else centred_pairs(cosines, one, other, self.centre)
        return self.scale(centred), sameness_of(cosines, self.typical)

    def beside(self, vectors: Vectors) -> Vectors:
        """[n] dot products of [n, dim] unit vectors with the centre; zeros without one."""
        found: Vectors = np.zeros(len(vectors), np.float32) if self.centre is None else vectors @ self.centre
        return found


def likeness_of(sample: Vectors) -> Likeness:
    """The likeness within the collection that [n, dim] unit vectors were drawn from."""
    centre = centre_of(sample)
    upper = np.triu_indices(len(sample), 1)
    return Likeness(scale_of_pairs(sample, centre), centre, typical_of((sample @ sample.T)[upper]))


def likeness_to_query(query: Vectors, sample: Vectors) -> Likeness:
    """The likeness of tracks to a [dim] query of another kind, such as a text, which has no place around the centre."""
    return Likeness(scale_of_query(query, sample))
