"""`vectors.similar`: the tracks most like a vector, on the calibrated scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from broker.vectors import Vectors
from contract.errors import InvalidRequest, NotFound
from contract.operation import Buffer
from contract.search import Match, Matches, SimilarRequest
from workers.runtime.service import Call
from workers.search.recommend.calibrator import Calibrator
from workers.search.recommend.ranking.similarity import DIGITS
from workers.search.spaces import Space, find_space
from workers.search.store.operations import read_vectors
from workers.search.store.projection import project
from workers.search.store.rows import check_vectors, unit
from workers.search.store.vector_store import CollectionStatus, VectorStore


class SimilarFinder:
    """Not thread-safe: used by the compute thread. `scales` are those of the recommendations."""

    def __init__(self, store: VectorStore, spaces: Mapping[str, Space], scales: Calibrator) -> None:
        self._store = store
        self._spaces = spaces
        self._scales = scales

    def answer(self, request: SimilarRequest, call: Call) -> Matches:
        """Returns the tracks nearest to a vector, or to the stored one of `track_id` (itself included), best first.

        A vector is treated like that of a track: its similarity is on the scale of pairs of tracks.
        """
        space = find_space(self._spaces, request.model)
        status = self._store.status().get(space.collection)
        if status is None or not status.count:
            return Matches(matches=[])
        query = self._query(request, call.blobs, space, status)
        found = self._store.search(space.collection, query, request.limit)
        scores = np.round(self._scales.of(space.collection, status).similarity(found.vectors, query)[:, 0], DIGITS)
        least = -math.inf if request.least is None else request.least
        order = [place for place in np.argsort(-scores, kind="stable") if scores[place] >= least][: request.limit]
        return Matches(
            matches=[
                Match(track_id=found.rows[place].track_id, score=round(float(scores[place]), DIGITS)) for place in order
            ]
        )

    def _query(
        self, request: SimilarRequest, blobs: Sequence[Buffer], space: Space, status: CollectionStatus
    ) -> Vectors:
        """[1, stored] unit vector."""
        if request.track_id is not None:
            found = self._store.lookup(space.collection, [request.track_id])
            if not found.rows:
                raise NotFound(f"track {request.track_id!r} has no vector of {space.model}: embed it first")
            return found.vectors
        if request.dim != status.dimension or len(blobs) != 1:
            raise InvalidRequest(f"dim: expected one vector of {status.dimension} values", {"field": "dim"})
        vectors = check_vectors(read_vectors(blobs, request.dim), 1)
        return unit(project(vectors, status.stored_dimension))
