"""`vectors.similar`: which tracks are like a vector, on the calibrated scale."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from broker.vectors import Vectors, unpack_vectors
from broker.wire import Reply, WireError
from contract.errors import InvalidRequest, NotFound
from workers.runtime.service import Call
from workers.search import params as read
from workers.search.recommend.calibrator import Calibrator
from workers.search.spaces import Space, find_space
from workers.search.store.operations import MAX_DIMENSION
from workers.search.store.projection import project
from workers.search.store.rows import check_vectors, unit
from workers.search.store.vector_store import CollectionStatus, VectorStore

#: Most matches of one call.
MAX_MATCHES = 1000
#: Decimal places of scores.
DIGITS = 6


class Similar:
    """Not thread-safe: used by the compute thread. `scales` are those of the recommendations."""

    def __init__(self, store: VectorStore, spaces: Mapping[str, Space], scales: Calibrator) -> None:
        self._store = store
        self._spaces = spaces
        self._scales = scales

    def find(self, call: Call) -> Reply:
        """The tracks nearest to a vector, or to the stored one of `track_id` (itself included), best first.

        A vector counts as that of a track: its similarity is on the scale of pairs of tracks.
        """
        space = find_space(self._spaces, call.params.get("model"))
        limit = read.whole(call.params, "limit", 1, MAX_MATCHES, default=20)
        least = _least(call.params.get("least"))
        status = self._store.status().get(space.collection)
        if status is None or not status.count:
            return Reply({"matches": []})
        query = self._query(call, space, status)
        found = self._store.search(space.collection, query, limit)
        scores = np.round(self._scales.of(space.collection, status).likeness(found.vectors, query)[:, 0], DIGITS)
        order = [place for place in np.argsort(-scores, kind="stable") if scores[place] >= least][:limit]
        matches: list[dict[str, Any]] = [
            {"track_id": found.rows[place].track_id, "score": round(float(scores[place]), DIGITS)} for place in order
        ]
        return Reply({"matches": matches})

    def _query(self, call: Call, space: Space, status: CollectionStatus) -> Vectors:
        """[1, stored] unit vector."""
        track_id = read.optional_text(call.params, "track_id")
        if track_id is not None:
            found = self._store.lookup(space.collection, [track_id])
            if not found.rows:
                raise NotFound(f"track {track_id!r} has no vector of {space.model}: embed it first")
            return found.vectors
        dimension = read.whole(call.params, "dim", 1, MAX_DIMENSION)
        if dimension != status.dimension or len(call.blobs) != 1:
            raise InvalidRequest(f"dim: one vector of {status.dimension} values is expected", {"field": "dim"})
        try:
            vectors = check_vectors(unpack_vectors(call.blobs[0], dimension), 1)
        except WireError as error:
            raise InvalidRequest(f"vectors: {error}", {"field": "dim"}) from error
        return unit(project(vectors, status.stored_dimension))


def _least(value: object) -> float:
    if value is None:
        return -math.inf
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidRequest("least: a finite number is expected", {"field": "least"})
    return float(value)
