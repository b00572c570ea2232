"""Builds the list one candidate at a time, balancing quality against what the list already holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from workers.search.recommend.ranking.repeats import Hear, spread
from workers.search.recommend.ranking.similarity import DIGITS, Scores, clipped
from workers.search.recommend.ranking.versions import UNKNOWN, Identity

#: Share of the score that diversity 1 trades away: lambda = 1 - 0.7 x diversity.
DIVERSITY_SHARE: Final = 0.7
#: Share of the list, and minimum number of tracks, that an artist gets at full score.
ARTIST_SHARE: Final = 0.16
ARTIST_LEAST: Final = 2
#: Factor applied to the score for each further track of that artist, cumulatively.
ARTIST_DAMPING: Final = 0.75


@dataclass(frozen=True, slots=True)
class Pool:
    """[n] candidates; equal scores are in order of preference.

    `similarity(i)` returns the [n] calibrated similarities to candidate i; `hear` compares pairs of candidates.
    """

    scores: Scores
    tiers: npt.NDArray[np.int64]
    identity: Identity
    similarity: Callable[[int], Scores]
    hear: Hear


def select(pool: Pool, limit: int, diversity: float = 0.0) -> list[int]:
    """Returns at most `limit` positions of the pool, in the order of choice (maximal marginal relevance).

    Carbonell & Goldstein, "The use of MMR" (1998), with lambda = 1 - 0.7 x diversity. No song appears twice, lower
    tiers come first, and further tracks of an artist that has its share must be much better than others.
    """
    chooser = _Chooser(pool, 1 - DIVERSITY_SHARE * diversity, max(ARTIST_LEAST, round(ARTIST_SHARE * limit)))
    chosen: list[int] = []
    while len(chosen) < limit:
        best = chooser.best()
        if best is None:
            break
        chosen.append(best)
        chooser.take(best)
    return chosen


class _Chooser:
    """The remaining pool, and how close each candidate is to those already taken."""

    def __init__(self, pool: Pool, weight: float, artist_cap: int) -> None:
        count = len(pool.scores)
        self._pool = pool
        self._weight = weight
        self._artist_cap = artist_cap
        self._left = np.ones(count, np.bool_)
        self._scores = pool.scores.copy()
        self._closeness = np.zeros(count, np.float32)
        self._artists: dict[int, int] = {}

    def best(self) -> int | None:
        """Returns the next candidate to take."""
        if not self._left.any():
            return None
        open_ = self._left & (self._pool.tiers == self._pool.tiers[self._left].min())
        value = self._weight * self._scores - (1 - self._weight) * self._closeness
        # Takes the first of equal scores; scores that differ by less than a product's rounding are equal.
        return int(np.argmax(np.where(open_, np.round(value, DIGITS), -np.inf)))

    def take(self, position: int) -> None:
        """Take a candidate and remove every other version of the same song."""
        identity, hear = self._pool.identity, self._pool.hear
        affected = np.concatenate(([position], np.flatnonzero(self._left & (np.arange(len(self._left)) != position))))
        again = spread(np.arange(len(affected)) == 0, identity[affected], lambda i, j: hear(affected[i], affected[j]))
        self._left[affected[again]] = False
        if self._weight < 1:
            self._closeness = np.maximum(self._closeness, clipped(self._pool.similarity(position)))
        artist = int(identity.artist[position])
        if artist != UNKNOWN:
            self._artists[artist] = self._artists.get(artist, 0) + 1
            if self._artists[artist] >= self._artist_cap:
                theirs = identity.artist == artist
                self._scores[theirs] -= (1 - ARTIST_DAMPING) * np.abs(self._scores[theirs])
