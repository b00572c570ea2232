"""How alike the tracks of one collection are: cosines around its centre, on the calibrated scale."""

from __future__ import annotations

from dataclasses import dataclass

from broker.vectors import Vectors
from workers.search.ranking.calibration import Scale, Scores, scale_of_pairs, scale_of_query
from workers.search.ranking.centring import centre_of, centred_cosines


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """Calibrated similarity of unit vectors; `centre` is [dim], None where it does not count."""

    scale: Scale
    centre: Vectors | None = None

    def __call__(self, some: Vectors, others: Vectors) -> Scores:
        """[n, m] similarities of [n, dim] and [m, dim] unit vectors."""
        return self.scale(centred_cosines(some, others, self.centre))


def likeness_of(sample: Vectors) -> Likeness:
    """The likeness within the collection that [n, dim] unit vectors were drawn from."""
    centre = centre_of(sample)
    return Likeness(scale_of_pairs(sample, centre), centre)


def likeness_to_query(query: Vectors, sample: Vectors) -> Likeness:
    """The likeness of tracks to a [dim] query of another kind, such as a text, which has no place around the centre."""
    return Likeness(scale_of_query(query, sample))
