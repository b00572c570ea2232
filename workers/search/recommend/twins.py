"""`vectors.twins`: pairs of tracks that sound the same, whatever their tags and files say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from contract.search import Twin, Twins, TwinsRequest
from workers.search.recommend.calibrator import Calibrator
from workers.search.recommend.ranking.similarity import DIGITS
from workers.search.recommend.selection import ModelSelector, SelectionInput
from workers.search.spaces import Space, find_space
from workers.search.store.vector_store import VectorStore

#: Nearest tracks looked at for each; the first is the track itself.
NEIGHBOURS: Final = 6


class TwinFinder:
    """Not thread-safe: used by the compute thread. A page takes one search, so that lists wait only a moment."""

    def __init__(
        self, store: VectorStore, calibrator: Calibrator, spaces: Mapping[str, Space], selector: ModelSelector
    ) -> None:
        self._store = store
        self._calibrator = calibrator
        self._spaces = spaces
        self._selector = selector

    def answer(self, request: TwinsRequest) -> Twins:
        """Return the pairs of one page of tracks, each pair once. Raises `InvalidRequest` for an unknown model."""
        status = self._store.status()
        space = self._space(request.model)
        if space is None or space.collection not in status:
            return Twins(model="" if space is None else space.model, pairs=[], next=None)
        rows, following = self._store.scan(space.collection, request.after, request.limit)
        page = self._store.lookup(space.collection, [row.track_id for row in rows])
        if not page.rows:
            return Twins(model=space.model, pairs=[], next=following)
        near = self._store.search(space.collection, page.vectors, NEIGHBOURS)
        scale = self._calibrator.of(space.collection, status[space.collection])
        scores = np.round(scale.similarity(near.vectors, page.vectors), DIGITS)
        found = [
            (float(scores[other, one]), page.rows[one].track_id, near.rows[other].track_id)
            for other, one in np.argwhere(scores >= request.least)
        ]
        pairs = sorted(((score, one, other) for score, one, other in found if one < other), key=lambda each: -each[0])
        return Twins(
            model=space.model,
            pairs=[Twin(track_id=one, other_id=other, score=round(score, DIGITS)) for score, one, other in pairs],
            next=following,
        )

    def _space(self, model: str | None) -> Space | None:
        if model is not None:
            return find_space(self._spaces, model)
        chosen = self._selector.select(SelectionInput(seeds_count=False), self._store.status()).models
        return self._spaces[chosen[0]] if chosen else None
