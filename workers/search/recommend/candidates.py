"""The candidates of a list: the nearest rows to each model's queries, of those that the list may hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from broker.vectors import Vectors
from contract.search import RecommendRequest
from workers.runtime.service import Stages
from workers.search.recommend.query import Query
from workers.search.store.vector_store import Matches, VectorStore, Where

#: Vectors that candidates are fetched with. More seeds than these are represented by some of them, by weight.
MAX_QUERIES = 256
#: Hits fetched in the first round, over all vectors of a model; each round fetches so many times more.
MAX_HITS = 20_000
ROUND_FACTOR = 4


def rounds(
    store: VectorStore, queries: Sequence[Query], where: Where, limit: int, multiple: int, stages: Stages
) -> Iterator[list[Matches]]:
    """What each query finds, again and again with more of it, until the collections are exhausted.

    The first round fetches `multiple` times `limit` for each vector.
    """
    wanted, most = multiple * limit, MAX_HITS
    while True:
        found: list[Matches] = []
        for query in queries:
            with stages.timed(f"search.{query.space.model}"):
                vectors = representatives(query)
                k = min(wanted, max(limit, most // len(vectors)))
                found.append(store.search(query.space.collection, vectors, k, where))
        yield found
        if all(matches.exhausted for matches in found):
            return
        wanted, most = wanted * ROUND_FACTOR, most * ROUND_FACTOR


def representatives(query: Query) -> Vectors:
    """At most `MAX_QUERIES` of the seeds, spread over them by weight."""
    if len(query.weights) <= MAX_QUERIES:
        return query.seeds.vectors
    weights = query.weights if query.weights.sum() > 0 else np.ones_like(query.weights)
    reached = np.cumsum(weights, dtype=np.float64) / weights.sum(dtype=np.float64)
    chosen = np.searchsorted(reached, (np.arange(MAX_QUERIES) + 0.5) / MAX_QUERIES)
    represented: Vectors = query.seeds.vectors[np.unique(np.minimum(chosen, len(weights) - 1))]
    return represented


@dataclass(frozen=True, slots=True)
class Kind:
    """Tracks that lists leave out, by what: a genre, a library, being too short or too long."""

    by: str
    track_ids: frozenset[str]


class Unlisted:
    """What lists leave out unless they start from something of the kind: audiobooks, or what the settings say.

    May be asked by one thread while another one tells it of other kinds.
    """

    def __init__(self) -> None:
        self._known: tuple[tuple[Kind, ...], frozenset[str]] = ((), frozenset())

    def know(self, kinds: Sequence[Kind]) -> None:
        """From now on these."""
        self._known = tuple(kinds), _tracks(kinds)

    def beside(self, seeds: Iterable[str]) -> frozenset[str]:
        """Tracks that a list from these tracks leaves out; the same object where none of them is of a kind.

        What is of several kinds by the same thing (two genres) may come where a seed is of one of them; what is left
        out by two things (a genre, and a library) only where seeds are of both.
        """
        kinds, everything = self._known
        present = everything.intersection(seeds)
        if not present:
            return everything
        wanted = [kind for kind in kinds if not kind.track_ids.isdisjoint(present)]
        left: set[str] = set()
        for by in {kind.by for kind in kinds}:
            left |= _tracks(kind for kind in kinds if kind.by == by) - _tracks(k for k in wanted if k.by == by)
        return frozenset(left)

    def where(self, request: RecommendRequest) -> Where:
        """What a list may hold: nothing that is given, excluded, disliked or left out beside the seeds."""
        seeds = [seed.track_id for seed in request.seeds]
        without = (*request.exclude_track_ids, *request.listed_track_ids, *request.disliked_track_ids, *seeds)
        return Where(
            libraries=frozenset(request.library_ids),
            without_tracks=frozenset(without),
            without_artists=frozenset(request.disliked_artist_ids),
            unlisted=self.beside(seeds),
        )


def _tracks(kinds: Iterable[Kind]) -> frozenset[str]:
    return frozenset().union(*(kind.track_ids for kind in kinds))
