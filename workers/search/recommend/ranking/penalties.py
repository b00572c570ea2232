"""What makes a candidate less wanted: closeness to negative prompts and to dislikes."""

from __future__ import annotations

import numpy as np

from workers.search.recommend.ranking.calibration import Scores, clipped


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


def apply(scores: Scores, factor: Scores) -> Scores:
    """Penalised scores. A negative score would rise when multiplied by less than 1, so it is divided."""
    safe = np.maximum(factor, 1e-3)
    penalised: Scores = np.where(scores >= 0, scores * factor, scores / safe).astype(np.float32)
    return penalised
