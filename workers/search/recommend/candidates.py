"""The candidates of a list: the rows nearest to each model's queries that the list may hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from broker.vectors import Vectors
from contract.search import RecommendRequest
from workers.runtime.service import Stages
from workers.search.recommend.query import Query
from workers.search.store.vector_store import SearchHits, VectorStore, Where

#: Most vectors used to fetch candidates. If there are more seeds, some represent them all, by weight.
MAX_QUERIES: Final = 256
#: Hits fetched in the first round, over all vectors of a model, and the factor by which each round grows.
MAX_HITS: Final = 20_000
ROUND_FACTOR: Final = 4


def rounds(
    store: VectorStore, queries: Sequence[Query], where: Where, limit: int, multiple: int, stages: Stages
) -> Iterator[list[SearchHits]]:
    """Yields what each query finds, with more hits each round, until the collections are exhausted.

    The first round fetches `multiple` times `limit` for each vector.
    """
    wanted, most = multiple * limit, MAX_HITS
    while True:
        hits: list[SearchHits] = []
        for query in queries:
            with stages.timed(f"search.{query.space.model}"):
                vectors = representatives(query)
                k = min(wanted, max(limit, most // len(vectors)))
                hits.append(store.search(query.space.collection, vectors, k, where))
        yield hits
        if all(matches.exhausted for matches in hits):
            return
        wanted, most = wanted * ROUND_FACTOR, most * ROUND_FACTOR


def representatives(query: Query) -> Vectors:
    """Returns at most `MAX_QUERIES` of the seeds, spread over them by weight."""
    if len(query.weights) <= MAX_QUERIES:
        return query.seeds.vectors
    weights = query.weights if query.weights.sum() > 0 else np.ones_like(query.weights)
    reached = np.cumsum(weights, dtype=np.float64) / weights.sum(dtype=np.float64)
    chosen = np.searchsorted(reached, (np.arange(MAX_QUERIES) + 0.5) / MAX_QUERIES)
    represented: Vectors = query.seeds.vectors[np.unique(np.minimum(chosen, len(weights) - 1))]
    return represented


@dataclass(frozen=True, slots=True)
class UnlistedTracks:
    """Unlisted tracks of one kind, and the reason: a genre, a library, or a duration that is too short or too long."""

    by: str
    track_ids: frozenset[str]


class UnlistedFilter:
    """Tracks that lists leave out unless a seed is of the same kind: audiobooks, or whatever the settings name.

    One thread may read while another updates the kinds.
    """

    def __init__(self) -> None:
        self._known: tuple[tuple[UnlistedTracks, ...], frozenset[str]] = ((), frozenset())

    def know(self, kinds: Sequence[UnlistedTracks]) -> None:
        """Replace the known kinds."""
        self._known = tuple(kinds), _tracks(kinds)

    def beside(self, seeds: Iterable[str]) -> frozenset[str]:
        """Returns the tracks that a list from these seeds leaves out; the same object if no seed is of any kind.

        A track of several kinds for the same reason (two genres) may appear if a seed is of one of them. A track left
        out for two reasons (a genre and a library) may appear only if seeds match both.
        """
        kinds, everything = self._known
        present = everything.intersection(seeds)
        if not present:
            return everything
        wanted = [kind for kind in kinds if not kind.track_ids.isdisjoint(present)]
        track_ids: set[str] = set()
        for by in {kind.by for kind in kinds}:
            track_ids |= _tracks(kind for kind in kinds if kind.by == by) - _tracks(k for k in wanted if k.by == by)
        return frozenset(track_ids)

    def where(self, request: RecommendRequest) -> Where:
        """Returns the filter of a list: no seeds, no excluded, disliked or unlisted tracks."""
        seeds = [seed.track_id for seed in request.seeds]
        without = (*request.exclude_track_ids, *request.listed_track_ids, *request.disliked_track_ids, *seeds)
        return Where(
            libraries=frozenset(request.library_ids),
            without_tracks=frozenset(without),
            without_artists=frozenset(request.disliked_artist_ids),
            unlisted=self.beside(seeds),
        )


def _tracks(kinds: Iterable[UnlistedTracks]) -> frozenset[str]:
    return frozenset().union(*(kind.track_ids for kind in kinds))
