"""Exact nearest neighbours by cosine: a matrix product over unit vectors."""

from __future__ import annotations

from typing import Final

import numpy as np

from broker.vectors import Vectors
from workers.search.store.index.table import Mask, Slots

#: Vectors compared in one product, to keep the similarities of many queries small.
BLOCK: Final = 16_384
#: If fewer than this share of the rows is allowed, the allowed rows are copied out first; otherwise the rest are
#: masked.
GATHER_SHARE: Final = 0.25
#: Similarities that differ by less count as equal: a product's last digits depend on where its rows lie. Rows that tie
#: with the last one are all found, up to this many.
EQUAL: Final = 1e-6
SPARE: Final = 16


def nearest(vectors: Vectors, queries: Vectors, k: int, allowed: Mask) -> Slots:
    """Returns the union of the `k` nearest allowed rows of each query, as ascending positions in `vectors`.

    Includes rows that tie with a query's last one, so that the result does not depend on their positions. `vectors` is
    [n, dim], `queries` [q, dim], both of length 1; `allowed` [n].
    """
    positions = np.flatnonzero(allowed)
    if len(positions) <= k:
        return positions
    if len(positions) < GATHER_SHARE * len(vectors):
        return positions[_top(vectors[positions], queries, k, None)]
    return _top(vectors, queries, k, allowed)


def _top(vectors: Vectors, queries: Vectors, k: int, allowed: Mask | None) -> Slots:
    best = np.empty((len(queries), 0), np.float32)
    where = np.empty((len(queries), 0), np.int64)
    for start in range(0, len(vectors), BLOCK):
        stop = min(start + BLOCK, len(vectors))
        # This order of factors is faster: it does not repack the long matrix on each call.
        similarity = np.ascontiguousarray((vectors[start:stop] @ queries.T).T)
        if allowed is not None:
            similarity[:, ~allowed[start:stop]] = -np.inf
        positions = np.broadcast_to(np.arange(start, stop), similarity.shape)
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
