"""Calibrate labels on the library: a score is the rank of a raw score among all tracks."""

from __future__ import annotations

import threading
import time
from typing import Any, Final

import numpy as np

from contract.labels import MARKS, TrackLabel
from workers.library.labels.accuracy import accuracy, known_labels
from workers.library.labels.packing import scores_of
from workers.library.labels.store import LabelStore

#: Most recordings that a calibration is made of.
SAMPLE: Final = 10_000
#: The development music counts as this many recordings, so that small libraries have a calibration too.
PRIOR: Final = 50
#: Seconds after which a calibration is made again if more was heard.
STALE_SECONDS: Final = 30.0
#: Ranks of the marks.
RANKS: Final = np.linspace(0, 1, MARKS)
#: Lowest score at which a label is shown.
LEAST: Final = 0.5

Floats = np.ndarray[Any, np.dtype[np.float32]]


class Calibrator:
    """Holds the calibration of the library. Thread-safe."""

    def __init__(self, store: LabelStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._table: Floats | None = None
        self._made_at = 0.0
        self._revision = -1

    def table(self) -> Floats:
        """Return [labels, 1 + MARKS]: the floor, then the marks, of every label."""
        with self._lock:
            stale = self._table is None or time.monotonic() > self._made_at + STALE_SECONDS
            if stale and (revision := self._store.revision()) != self._revision:
                self._table, self._revision = self._made(), revision
                self._made_at = time.monotonic()
            assert self._table is not None
            return self._table

    def labels(self, scores: bytes) -> list[TrackLabel]:
        """Return the labels that a track with these raw scores shows, best first."""
        return labels(scores_of(scores).astype(np.float32), self.table())

    def _made(self) -> Floats:
        known = accuracy()
        marks = known.reference
        sample = self._store.sample(SAMPLE)
        if sample:
            own = np.quantile(np.stack([scores_of(one) for one in sample]).astype(np.float32), RANKS, axis=0).T
            weight = len(sample) / (len(sample) + PRIOR)
            marks = weight * own + (1 - weight) * marks
        return np.concatenate([known.floors()[:, None], marks], axis=1).astype(np.float32)


def labels(scores: Floats, table: Floats) -> list[TrackLabel]:
    """Return the labels that raw scores [labels] show under a calibration [labels, 1 + MARKS], best first."""
    every = known_labels().labels
    found = []
    for number in np.flatnonzero(scores >= table[:, 0]).tolist():
        known = every[number]
        score = float(np.interp(scores[number], table[number, 1:], RANKS)) if known.shown else 0.0
        if score >= LEAST:
            found.append(TrackLabel(name=known.name, kind=known.kind, score=round(score, 3), accuracy=known.accuracy))
    return sorted(found, key=lambda label: -label.score)
