"""The meaning of similarity in each collection, cached and refreshed as the collection grows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from broker.vectors import Vectors
from workers.search.recommend.ranking.similarity import Similarity, similarity_within
from workers.search.store.vector_store import CollectionStatus, VectorStore

#: Vectors drawn from a collection; they make half a million pairs.
SAMPLE: Final = 1000
#: Relative change in rows that triggers a new draw at once. After any smaller change a new draw follows soon: lists
#: must depend on what the store holds, not on when it was first asked.
REFRESH_SHARE: Final = 0.1
#: Minimum lifetime of a calibration in seconds, and as a multiple of the time it took to make.
SERVES: Final = 1.0
SHARE: Final = 20


@dataclass(frozen=True, slots=True)
class Calibration:
    """The similarity within a collection, from [n, stored] vectors drawn from it.

    It describes the collection at `count` rows that are not hidden, and is valid until a time on the monotonic clock
    even if the collection changes a little.
    """

    similarity: Similarity
    sample: Vectors
    generation: str
    count: int
    until: float

    @property
    def dimension(self) -> int:
        """Number of values in a stored vector."""
        return int(self.sample.shape[1])


class Calibrator:
    """Calibrations by collection. Not thread-safe: used by the compute thread."""

    def __init__(self, store: VectorStore) -> None:
        self._store = store
        self._known: dict[str, Calibration] = {}

    def of(self, collection: str, status: CollectionStatus) -> Calibration:
        """Returns the calibration for a collection in this state."""
        calibration = self._known.get(collection)
        count = status.count - self._store.hidden(collection)
        if calibration is None or _outdated(calibration, status.generation, count):
            began = time.monotonic()
            sample = self._store.sample(collection, SAMPLE)
            similarity, now = similarity_within(sample), time.monotonic()
            until = now + max(SERVES, SHARE * (now - began))
            calibration = Calibration(similarity, sample, status.generation, count, until)
            self._known[collection] = calibration
        return calibration


def _outdated(calibration: Calibration, generation: str, count: int) -> bool:
    changed = abs(count - calibration.count)
    much = changed > REFRESH_SHARE * calibration.count
    return calibration.generation != generation or much or (changed > 0 and time.monotonic() >= calibration.until)
