"""`interests`: the kinds of music among some tracks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors
from contract.search import Interests, InterestsRequest
from workers.search.recommend.selection import ModelSelector, SelectionInput
from workers.search.spaces import Space, find_space
from workers.search.store.vector_store import VectorStore

#: Most tracks that are grouped: the time grows with their square.
MAX_TRACKS: Final = 500
#: Fewest tracks that make an interest.
FEWEST: Final = 3
#: Lowest mean silhouette of a real division (Rousseeuw, "Silhouettes", 1987: 0.25 or less means no structure).
LEAST_SILHOUETTE: Final = 0.1

Labels = npt.NDArray[np.int32]


class InterestFinder:
    """Answers `interests`. Not thread-safe."""

    def __init__(self, store: VectorStore, spaces: Mapping[str, Space], selector: ModelSelector) -> None:
        self._store = store
        self._spaces = spaces
        self._selector = selector

    def answer(self, request: InterestsRequest) -> Interests:
        """Returns groups, largest first, each in the order given. Raises `InvalidRequest`."""
        requested = [] if request.model is None else [find_space(self._spaces, request.model).model]
        wanted = SelectionInput(asked=requested, track_seeds=dict.fromkeys(request.track_ids, 1.0))
        models = self._selector.select(wanted, self._store.status()).models
        if not models or not request.track_ids:
            return Interests(groups=[])
        hits = self._store.lookup(self._spaces[models[0]].collection, request.track_ids[:MAX_TRACKS])
        labels = divide(hits.vectors, request.most)
        groups: dict[int, list[str]] = {}
        for row, label in zip(hits.rows, labels.tolist(), strict=True):
            groups.setdefault(label, []).append(row.track_id)
        large = [group for group in groups.values() if len(group) >= FEWEST] or list(groups.values())
        return Interests(groups=sorted(large, key=lambda group: -len(group))[: request.most])


def divide(vectors: Vectors, most: int) -> Labels:
    """Returns the [n] groups of [n, dim] unit vectors: the clearest division into at most `most` groups.

    Uses Ward's method (Ward, "Hierarchical grouping", 1963) and the number of groups with the highest mean silhouette.
    Groups too small to be an interest do not count.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    together = np.zeros(len(vectors), np.int32)
    if len(vectors) < 2 * FEWEST or most < 2:
        return together
    tree = linkage(vectors, "ward")
    distances = np.sqrt(np.clip(2 - 2 * (vectors @ vectors.T), 0, None))
    best, clearest = together, LEAST_SILHOUETTE
    # Outliers form groups of their own, so try more groups than there may be interests.
    for count in range(2, min(2 * most, len(vectors) - 1) + 1):
        labels = fcluster(tree, count, "maxclust").astype(np.int32)
        interests = sum(size >= FEWEST for size in np.bincount(labels))
        if not 1 < interests <= most:
            continue
        clarity = silhouette(distances, labels)
        if clarity > clearest:
            best, clearest = labels, clarity
    return best


def silhouette(distances: Vectors, labels: Labels) -> float:
    """Returns the mean silhouette of a division, from [n, n] distances; a group of one counts as 0."""
    groups = np.unique(labels)
    members = (labels[:, None] == groups).astype(np.float32)
    sizes = members.sum(axis=0)
    sums = distances @ members
    own = np.searchsorted(groups, labels)
    every = np.arange(len(labels))
    within = sums[every, own] / np.maximum(sizes[own] - 1, 1)
    means = sums / sizes
    means[every, own] = np.inf
    nearest = means.min(axis=1)
    widths = (nearest - within) / np.maximum(np.maximum(nearest, within), 1e-9)
    return float(np.where(sizes[own] > 1, widths, 0).mean())
