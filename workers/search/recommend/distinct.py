"""`distinct`: drops tracks that repeat an earlier one, for lists that no search made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contract.search import DistinctRequest, TrackIds
from workers.search.recommend.calibrator import Calibrator
from workers.search.recommend.ranking.repeats import hear, repeats
from workers.search.recommend.ranking.versions import identity_of
from workers.search.recommend.selection import ModelSelector, SelectionInput
from workers.search.spaces import Space
from workers.search.store.vector_store import SearchHits, VectorStore

#: Most tracks compared: the time grows with their square. Tracks beyond this number are dropped.
MAX_TRACKS: Final = 500


class DistinctFinder:
    """Answers `distinct`. Not thread-safe."""

    def __init__(
        self, store: VectorStore, calibrator: Calibrator, spaces: Mapping[str, Space], selector: ModelSelector
    ) -> None:
        self._store = store
        self._calibrator = calibrator
        self._spaces = spaces
        self._selector = selector

    def answer(self, request: DistinctRequest) -> TrackIds:
        """Returns the first track of each song. A track without a vector stays."""
        track_ids = list(dict.fromkeys(request.track_ids))[:MAX_TRACKS]
        status = self._store.status()
        models = self._selector.select(SelectionInput(track_seeds=dict.fromkeys(track_ids, 1.0)), status).models
        if not models:
            return TrackIds(track_ids=track_ids)
        collection = self._spaces[models[0]].collection
        hits = self._store.lookup(collection, track_ids)
        again = self._repeated(collection, hits)
        return TrackIds(track_ids=[track_id for track_id in track_ids if track_id not in again])

    def _repeated(self, collection: str, hits: SearchHits) -> set[str]:
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import connected_components

        similarity = self._calibrator.of(collection, self._store.status()[collection]).similarity
        identity, vectors = identity_of(hits.rows), hits.vectors
        same = repeats(identity, identity, lambda i, j: hear(similarity, vectors, i, vectors, j))
        _, songs = connected_components(csr_matrix(same))
        first = dict(zip(reversed(songs.tolist()), reversed(hits.rows), strict=True))
        stay = {row.track_id for row in first.values()}
        return {row.track_id for row in hits.rows} - stay
