"""Cosines around the centre of a collection.

In many dimensions the tracks near the mean of a collection are near everything, and turn up in everybody's lists (hubs:
Radovanovic et al., 2010). Subtracting the mean takes that away (Suzuki et al., "Centering similarity measures to reduce
hubs", 2013) and costs a dot product a track. Measured in docs/quality.md.
"""

from __future__ import annotations

import numpy as np

from broker.vectors import Vectors

#: Fewer vectors than this have no centre worth knowing: what they share may be all that they are.
FEWEST = 100
#: Least squared distance from the centre: a track that is the centre has no direction from it.
LEAST_SQUARED = 1e-6


def centre_of(sample: Vectors) -> Vectors | None:
    """[dim], from [n, dim] unit vectors drawn from a collection; None where they are too few."""
    centre: Vectors = sample.mean(axis=0)
    return centre if len(sample) >= FEWEST else None


def centred_cosines(some: Vectors, others: Vectors, centre: Vectors | None) -> Vectors:
    """[n, m] cosines of [n, dim] and [m, dim] unit vectors, as seen from `centre`.

    By (a-c)(b-c) = ab - ac - bc + cc, so that no vector is copied.
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
    """[n] distances from the centre of unit vectors with these dot products with it."""
    distances: Vectors = np.sqrt(np.maximum(1 - 2 * products + np.float32(square), LEAST_SQUARED), dtype=np.float32)
    return distances
