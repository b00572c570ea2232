"""What likeness means in each collection, kept and refreshed as they grow."""

from __future__ import annotations

from dataclasses import dataclass

from broker.vectors import Vectors
from workers.search.ranking.likeness import Likeness, likeness_of
from workers.search.store import CollectionStatus, VectorStore

#: Vectors drawn from a collection: half a million pairs.
SAMPLE = 1000
#: Growth or loss of rows, as a share, after which they are drawn anew.
REFRESH_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Calibration:
    """The likeness within a collection, [n, stored] vectors drawn from it, and of which state it is: `count` rows that
    are not hidden.
    """

    likeness: Likeness
    sample: Vectors
    generation: str
    count: int


class Calibrator:
    """Calibrations by collection. Not thread-safe: used by the compute thread."""

    def __init__(self, store: VectorStore) -> None:
        self._store = store
        self._known: dict[str, Calibration] = {}

    def of(self, collection: str, status: CollectionStatus) -> Calibration:
        """That of a collection in this state."""
        known = self._known.get(collection)
        count = status.count - self._store.hidden(collection)
        if known is None or _outdated(known, status.generation, count):
            sample = self._store.sample(collection, SAMPLE)
            known = Calibration(likeness_of(sample), sample, status.generation, count)
            self._known[collection] = known
        return known


def _outdated(known: Calibration, generation: str, count: int) -> bool:
    return known.generation != generation or abs(count - known.count) > REFRESH_SHARE * known.count
