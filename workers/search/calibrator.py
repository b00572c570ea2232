"""The scales of the collections, kept and refreshed as they grow."""

from __future__ import annotations

from dataclasses import dataclass

from broker.vectors import Vectors
from workers.search.ranking.calibration import Scale, scale_of_pairs
from workers.search.store import CollectionStatus, VectorStore

#: Vectors drawn for a scale: half a million pairs.
SAMPLE = 1000
#: Growth or loss of rows, as a share, after which a scale is made anew.
REFRESH_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Calibration:
    """A collection's scale, [n, stored] vectors drawn from it, and of which state it is."""

    scale: Scale
    sample: Vectors
    generation: str
    count: int


class Calibrator:
    """Scales by collection. Not thread-safe: used by the compute thread."""

    def __init__(self, store: VectorStore) -> None:
        self._store = store
        self._known: dict[str, Calibration] = {}

    def of(self, collection: str, status: CollectionStatus) -> Calibration:
        """The scale of a collection in this state."""
        known = self._known.get(collection)
        if known is None or _outdated(known, status):
            sample = self._store.sample(collection, SAMPLE)
            known = Calibration(scale_of_pairs(sample), sample, status.generation, status.count)
            self._known[collection] = known
        return known


def _outdated(known: Calibration, status: CollectionStatus) -> bool:
    changed = abs(status.count - known.count)
    return known.generation != status.generation or changed > REFRESH_SHARE * known.count
