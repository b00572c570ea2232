"""One model's part in a request: its seeds, its candidates and what it thinks of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors
from workers.search.recommend.ranking import penalties, taste
from workers.search.recommend.ranking.calibration import Scores, clipped
from workers.search.recommend.ranking.likeness import Likeness
from workers.search.recommend.repeats import NOTHING_BARRED, Barred
from workers.search.spaces import Space
from workers.search.store.rows import Row
from workers.search.store.vector_store import Matches

#: Queries that candidates are fetched with. More seeds than these are represented by some of them, by weight.
MAX_QUERIES = 256


@dataclass(frozen=True, slots=True)
class Targets:
    """Things to be near to or far from: [n, dim] unit vectors, the likeness to each, its row where it is a track."""

    vectors: Vectors
    likeness: tuple[Likeness, ...] = ()
    rows: tuple[Row | None, ...] = ()

    def similarity(self, candidates: Vectors) -> Scores:
        """[candidates, n] calibrated similarities."""
        calibrated = np.empty((len(candidates), len(self.vectors)), np.float32)
        # Most have the collection's own: one call for all of those.
        for likeness in set(self.likeness):
            columns = [position for position, other in enumerate(self.likeness) if other is likeness]
            calibrated[:, columns] = likeness(candidates, self.vectors[columns])
        return calibrated


@dataclass(slots=True)
class ModelView:
    """A model, what it was asked, and the candidates that it found so far."""

    space: Space
    likeness: Likeness
    seeds: Targets
    weights: npt.NDArray[np.float32]
    dislikes: Targets
    negatives: Targets
    barred: Barred = NOTHING_BARRED
    candidates: Matches = field(default_factory=Matches)

    def queries(self) -> Vectors:
        """At most `MAX_QUERIES` of the seeds, spread over them by weight."""
        if len(self.weights) <= MAX_QUERIES:
            return self.seeds.vectors
        weights = self.weights if self.weights.sum() > 0 else np.ones_like(self.weights)
        reached = np.cumsum(weights, dtype=np.float64) / weights.sum(dtype=np.float64)
        chosen = np.searchsorted(reached, (np.arange(MAX_QUERIES) + 0.5) / MAX_QUERIES)
        represented: Vectors = self.seeds.vectors[np.unique(np.minimum(chosen, len(weights) - 1))]
        return represented

    def judge(self, penalty: float, dislike_strength: float) -> Judgement:
        """What this model thinks of its candidates."""
        vectors = self.candidates.vectors
        similarity = self.seeds.similarity(vectors)
        scores = taste.score(similarity, self.weights)
        negative = penalties.nearest(self.negatives.similarity(vectors))
        scores = penalties.apply(scores, penalties.negative_factor(negative, penalty))
        if dislike_strength > 0:
            disliked = penalties.nearest(self.dislikes.similarity(vectors))
            scores = penalties.apply(scores, penalties.dislike_factor(disliked, dislike_strength))
        shares = (self.weights / max(float(self.weights.max(initial=0)), 1e-9)) ** (1 / taste.EXPONENT)
        best = (
            np.argmax(clipped(similarity) * np.maximum(shares, 1e-6), axis=1) if len(similarity) else np.empty(0, int)
        )
        return Judgement(scores, negative, best)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Of [n] candidates: calibrated score, similarity to what to avoid, nearest seed."""

    scores: Scores
    negative: Scores
    best_seed: npt.NDArray[np.intp]


def empty_targets(dimension: int) -> Targets:
    """No targets."""
    return Targets(np.zeros((0, dimension), np.float32))


def targets(parts: Sequence[tuple[Vectors, Sequence[Likeness], Sequence[Row | None]]], dimension: int) -> Targets:
    """Several groups of targets as one."""
    filled = [part for part in parts if len(part[0])]
    if not filled:
        return empty_targets(dimension)
    return Targets(
        np.concatenate([vectors for vectors, _, _ in filled]),
        tuple(likeness for _, each, _ in filled for likeness in each),
        tuple(row for _, _, rows in filled for row in rows),
    )


def known(some: Targets) -> Matches:
    """Those that are tracks."""
    places = [place for place, row in enumerate(some.rows) if row is not None]
    return Matches([row for row in some.rows if row is not None], some.vectors[places])
