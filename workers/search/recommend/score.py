"""What a model thinks of its candidates: how near each is to the seeds, less for what it has of what to avoid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors
from contract.search import Row
from workers.search.recommend.query import Query, Targets
from workers.search.recommend.ranking.likeness import Scores, clipped
from workers.search.store.vector_store import Matches

#: Exponent of the weighted power mean. 1 is the mean, which finds what lies between different tastes and belongs to
#: none; infinity the best seed alone, which ignores weights. Chosen on planted tastes, see docs/search.md.
EXPONENT = 12.0
#: How much the plain mean counts where the power mean does not tell candidates apart.
TIE_BREAK = 1e-3


@dataclass(frozen=True, slots=True)
class Scored:
    """A model's [n] candidates: calibrated score, similarity to what to avoid, nearest seed."""

    query: Query
    found: Matches
    scores: Scores
    negative: Scores
    best_seed: npt.NDArray[np.intp]

    @property
    def model(self) -> str:
        """Whose they are."""
        return self.query.space.model


def score(query: Query, found: Matches, penalty: float, dislike_strength: float) -> Scored:
    """What the model of `query` thinks of what it found; `penalty` of what is negative: 1 is none."""
    vectors, weights = found.vectors, query.weights
    similarity = similarities(query.seeds, vectors)
    scores = taste(similarity, weights)
    negative = nearest(similarities(query.negatives, vectors))
    scores = penalised(scores, negative_factor(negative, penalty))
    if dislike_strength > 0:
        disliked = nearest(similarities(query.dislikes, vectors))
        scores = penalised(scores, dislike_factor(disliked, dislike_strength))
    shares = (weights / max(float(weights.max(initial=0)), 1e-9)) ** (1 / EXPONENT)
    best = np.argmax(clipped(similarity) * np.maximum(shares, 1e-6), axis=1) if len(similarity) else np.empty(0, int)
    return Scored(query, found, scores, negative, best)


def similarities(targets: Targets, candidates: Vectors) -> Scores:
    """[candidates, n] calibrated similarities to the targets."""
    calibrated = np.empty((len(candidates), len(targets.vectors)), np.float32)
    # Most have the collection's own: one call for all of those.
    for likeness in set(targets.likeness):
        columns = [position for position, other in enumerate(targets.likeness) if other is likeness]
        calibrated[:, columns] = likeness(candidates, targets.vectors[columns])
    return calibrated


def taste(similarity: Scores, weights: npt.NDArray[np.float32], exponent: float = EXPONENT) -> Scores:
    """[n] scores from [n, seeds] calibrated similarities and [seeds] weights >= 0; all 0 means all equal.

    A candidate near one of several tastes scores high, nearer to more seeds or heavier ones higher, and equally near
    to all of them it scores just that similarity.
    """
    shares = weights / weights.sum() if weights.sum() > 0 else np.full(len(weights), 1 / len(weights))
    positive = np.clip(similarity, 0, None).astype(np.float64)
    power = (positive**exponent @ shares) ** (1 / exponent)
    mean = similarity.astype(np.float64) @ shares
    # Below zero everywhere: the mean alone keeps an order.
    combined: Scores = np.where(power > 0, power + TIE_BREAK * (mean - power), TIE_BREAK * mean).astype(np.float32)
    return combined


def nearest(similarity: Scores) -> Scores:
    """[n] similarity to the nearest of [n, things], within 0..1; zeros where there is none."""
    if similarity.shape[1] == 0:
        return np.zeros(len(similarity), np.float32)
    return clipped(similarity.max(axis=1))


def negative_factor(similarity: Scores, penalty: float) -> Scores:
    """What [n] scores are multiplied by: 1 - similarity x (1 - penalty); lower `penalty` is stronger, 1 is none."""
    factor: Scores = (1 - similarity * (1 - penalty)).astype(np.float32)
    return factor


def dislike_factor(similarity: Scores, strength: float) -> Scores:
    """What [n] scores are multiplied by: 1 - similarity x strength."""
    factor: Scores = (1 - similarity * strength).astype(np.float32)
    return factor


def penalised(scores: Scores, factor: Scores) -> Scores:
    """Scores times factors. A negative score would rise when multiplied by less than 1, so it is divided."""
    safe = np.maximum(factor, 1e-3)
    lower: Scores = np.where(scores >= 0, scores * factor, scores / safe).astype(np.float32)
    return lower


def favoured(scores: Scores, rows: Sequence[Row], albums: Mapping[str, float], artists: Mapping[str, float]) -> Scores:
    """[n] scores of `rows` times the factors (0..1, absent: 1) of their album and artist."""
    if not albums and not artists:
        return scores
    factors = [albums.get(row.album_id, 1.0) * artists.get(row.artist_id, 1.0) for row in rows]
    return penalised(scores, np.array(factors, np.float32))
