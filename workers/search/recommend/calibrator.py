"""What likeness means in each collection, kept and refreshed as they grow."""

from __future__ import annotations

import time
from dataclasses import dataclass

from broker.vectors import Vectors
from workers.search.recommend.ranking.likeness import Likeness, likeness_of
from workers.search.store.vector_store import CollectionStatus, VectorStore

#: Vectors drawn from a collection: half a million pairs.
SAMPLE = 1000
#: Growth or loss of rows, as a share, after which they are drawn again at once. After any other change they are drawn
#: again soon: lists follow from what the store holds, not from when it was asked first.
REFRESH_SHARE = 0.1
#: Seconds that a calibration serves at least, and at least so many times as long as it took to make.
SERVES = 1.0
SHARE = 20


@dataclass(frozen=True, slots=True)
class Calibration:
    """The likeness within a collection, [n, stored] vectors drawn from it, of which state it is (`count` rows that are
    not hidden), and until when (by the monotonic clock) it serves although the collection changed a little.
    """

    likeness: Likeness
    sample: Vectors
    generation: str
    count: int
    until: float

    @property
    def dimension(self) -> int:
        """Values of a stored vector."""
        return int(self.sample.shape[1])


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
            began = time.monotonic()
            sample = self._store.sample(collection, SAMPLE)
            likeness, now = likeness_of(sample), time.monotonic()
            until = now + max(SERVES, SHARE * (now - began))
            known = Calibration(likeness, sample, status.generation, count, until)
            self._known[collection] = known
        return known


def _outdated(known: Calibration, generation: str, count: int) -> bool:
    changed = abs(count - known.count)
    much = changed > REFRESH_SHARE * known.count
    return known.generation != generation or much or (changed > 0 and time.monotonic() >= known.until)
