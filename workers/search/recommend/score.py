"""Scores a model's candidates: how near each is to the seeds, reduced by its similarity to what to avoid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors
from workers.search.recommend.query import Query, Targets
from workers.search.recommend.ranking.similarity import Scores, clipped
from workers.search.recommend.ranking.terms import (
    EXPONENT,
    dislike_factor,
    nearest,
    negative_factor,
    penalised,
    taste,
)
from workers.search.store.vector_store import SearchHits


@dataclass(frozen=True, slots=True)
class Scored:
    """[n] candidates of a model: calibrated score, similarity to what to avoid, nearest seed."""

    query: Query
    found: SearchHits
    scores: Scores
    negative: Scores
    best_seed: npt.NDArray[np.intp]

    @property
    def model(self) -> str:
        """The model that found them."""
        return self.query.space.model


def score(query: Query, hits: SearchHits, penalty: float, dislike_strength: float) -> Scored:
    """Score what the model of `query` found; `penalty` applies to negative targets: 1 has no effect."""
    vectors, weights = hits.vectors, query.weights
    similarity = similarities(query.seeds, vectors)
    scores = taste(similarity, weights)
    negative = nearest(similarities(query.negatives, vectors))
    scores = penalised(scores, negative_factor(negative, penalty))
    if dislike_strength > 0:
        disliked = nearest(similarities(query.dislikes, vectors))
        scores = penalised(scores, dislike_factor(disliked, dislike_strength))
    shares = (weights / max(float(weights.max(initial=0)), 1e-9)) ** (1 / EXPONENT)
    best = np.argmax(clipped(similarity) * np.maximum(shares, 1e-6), axis=1) if len(similarity) else np.empty(0, int)
    return Scored(query, hits, scores, negative, best)


def similarities(targets: Targets, candidates: Vectors) -> Scores:
    """[candidates, n] calibrated similarities to the targets."""
    calibrated = np.empty((len(candidates), len(targets.vectors)), np.float32)
    # Most targets use the collection's own similarity: one call covers them all.
    for similarity in set(targets.similarity):
        columns = [position for position, other in enumerate(targets.similarity) if other is similarity]
        calibrated[:, columns] = similarity(candidates, targets.vectors[columns])
    return calibrated
