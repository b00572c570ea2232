"""What a text looks for in one model's collection: evidence of every track, and a direction in the sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from broker.vectors import Vectors
from contract.search import Row
from workers.search.words.evidence import Evidence
from workers.search.words.tracks import Column, Tracks

#: Share of the direction in a score; the evidence has the rest.
SHARE = 0.5
#: Added to the place in the direction, so that a track at its far end is not excluded.
LEAST = np.float32(0.02)
#: The place of an unrelated track in a direction.
UNRELATED = np.float32(0.5)
#: Exponent of a score, so that tracks that only half answer stay far behind; weight of the order below typical ones.
CONTRAST = np.float32(2.0)
BELOW = np.float32(0.2)
#: Upper limit for a typical track, so that a text that nearly all tracks answer still orders them.
HIGHEST_TYPICAL = 0.8
#: The score of a track that misses what the text demands.
MISSES = np.float32(-1)


@dataclass(frozen=True)
class Target:
    """One text in one collection.

    `direction` [stored]: None if nothing that was understood can be heard; `marks`: the sorted cosines of a sample
    with it. `only_sound`: nothing but the direction counts. `words`: as typed.
    """

    words: str
    tracks: Tracks
    evidence: Evidence
    direction: Vectors | None
    marks: Vectors | None
    only_sound: bool = False
    artists: tuple[str, ...] = ()

    @cached_property
    def typical(self) -> float:
        """How well a typical track answers."""
        evidence = 1.0 if self.only_sound or not len(self.tracks) else float(np.median(self.evidence.scores))
        return evidence ** (1 - SHARE) * float(UNRELATED) ** SHARE if self.direction is not None else evidence

    def scores(self, rows: Sequence[Row], vectors: Vectors) -> Column:
        """Return the scores [k] of candidates: 0 for a typical track of the library, 1 for a perfect answer."""
        fits = self.fit(rows, vectors)
        typical = min(self.typical, HIGHEST_TYPICAL)
        above: Column = (np.clip(fits - typical, 0, None) / np.float32(1 - typical)) ** CONTRAST
        # Below the typical track only the order matters.
        found: Column = np.where(fits > typical, above, BELOW * (fits / np.float32(max(typical, 1e-6)) - 1))
        return np.where(fits > 0, found, MISSES).astype(np.float32)

    def fit(self, rows: Sequence[Row], vectors: Vectors) -> Column:
        """Return how well candidates [k] answer, from 0 to 1; 0 for a track that misses what the text demands."""
        known = self._known(rows)
        if self.direction is None or self.marks is None:
            return known
        places = np.interp(vectors @ self.direction, self.marks, np.linspace(0, 1, len(self.marks)))
        sound: Column = ((places + LEAST) / (1 + LEAST)).astype(np.float32)
        if self.only_sound:
            return sound
        found: Column = np.where(known > 0, known ** (1 - SHARE) * sound**SHARE, 0).astype(np.float32)
        return found

    def nearness(self, rows: Sequence[Row], vectors: Vectors) -> Column:
        """Return how near candidates [k] are to a text to avoid: 0 for half of the library."""
        near: Column = np.clip(self.scores(rows, vectors), 0, 1)
        return near

    def best(self, most: int) -> list[str]:
        """Return the ids of the `most` tracks with the best evidence above 0, best first."""
        scores = self.evidence.scores
        if self.only_sound or not len(scores):
            return []
        most = min(most, len(scores))
        first = np.argpartition(-scores, most - 1)[:most]
        first = first[scores[first] > 0]
        return [self.tracks.ids[row] for row in first[np.argsort(-scores[first], kind="stable")]]

    @property
    def fitting(self) -> int:
        """Number of tracks with any evidence."""
        return len(self.tracks) if self.only_sound else int((self.evidence.scores > 0).sum())

    def reason(self, track_id: str) -> str:
        """Return the words that speak for a track."""
        row = self.tracks.places.get(track_id)
        parts = self.evidence.parts if row is not None else ()
        words = [name for name, found in parts if found[row]]
        named = list(dict.fromkeys([*words, *(f"like {artist}" for artist in self.artists)]))
        return f"matches {', '.join(named)}" if named else "sounds like what the text asks for"

    def _known(self, rows: Sequence[Row]) -> Column:
        """Return the evidence [k]; a track that is not in the snapshot yet has none."""
        places = np.array([self.tracks.places.get(row.track_id, -1) for row in rows], np.int64)
        found = np.zeros(len(rows), np.float32)
        there = places >= 0
        found[there] = self.evidence.scores[places[there]]
        return found
