"""Exact nearest neighbours by cosine: a matrix product over unit vectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from broker.vectors import Vectors
from workers.search.store.index.table import Mask
from workers.search.store.index.vectors import BLOCK, Slots, StoredVectors

#: If fewer than this share of the rows is allowed, the allowed rows are copied out first; otherwise the rest are
#: masked.
GATHER_SHARE: Final = 0.25
#: Similarities that differ by less count as equal: a product's last digits depend on where its rows lie. Rows that tie
#: with the last one are all found, up to this many.
EQUAL: Final = 1e-6
SPARE: Final = 16

#: Slots, their vectors, and which of them may be found; None if all may.
Part = tuple[Slots, Vectors, Mask | None]


def nearest(vectors: StoredVectors, queries: Vectors, k: int, allowed: Mask, first: int = 0) -> Slots:
    """Returns the union of the `k` nearest allowed rows of each query, as ascending positions in `vectors`.

    Includes rows that tie with a query's last one, so that the result does not depend on their positions. `vectors` are
    [n, dim], `queries` [q, dim], both of length 1; `allowed` [n]. Rows before `first` are left out.
    """
    positions = np.flatnonzero(allowed[first:]) + first
    if len(positions) <= k:
        return positions
    if len(positions) < GATHER_SHARE * (len(vectors) - first):
        return _top(_gathered(vectors, positions), queries, k)
    return _top(_whole(vectors, first, allowed), queries, k)


def _gathered(vectors: StoredVectors, positions: Slots) -> Iterator[Part]:
    for start in range(0, len(positions), BLOCK):
        slots = positions[start : start + BLOCK]
        yield slots, vectors.take(slots), None


def _whole(vectors: StoredVectors, first: int, allowed: Mask) -> Iterator[Part]:
    for start, piece in vectors.pieces(first, len(vectors)):
        slots = np.arange(start, start + len(piece))
        yield slots, piece, allowed[start : start + len(piece)]


def _top(parts: Iterator[Part], queries: Vectors, k: int) -> Slots:
    best = np.empty((len(queries), 0), np.float32)
    where = np.empty((len(queries), 0), np.int64)
    for slots, vectors, allowed in parts:
        # This order of factors is faster: it does not repack the long matrix on each call.
        similarity = np.ascontiguousarray((vectors @ queries.T).T)
        if allowed is not None:
            similarity[:, ~allowed] = -np.inf
        positions = np.broadcast_to(slots, similarity.shape)
        best, where = _keep(np.hstack((best, similarity)), np.hstack((where, positions)), k + SPARE)
    if best.shape[1] > k:
        last = np.partition(best, -k, axis=1)[:, -k, None]
        best[best < last - EQUAL] = -np.inf
    return np.unique(where[np.isfinite(best)])


def _keep(similarity: Vectors, positions: Slots, k: int) -> tuple[Vectors, Slots]:
    if similarity.shape[1] <= k:
        return similarity, positions
    chosen = np.argpartition(-similarity, k - 1, axis=1)[:, :k]
    return np.take_along_axis(similarity, chosen, axis=1), np.take_along_axis(positions, chosen, axis=1)
