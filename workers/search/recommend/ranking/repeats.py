"""Finds repeats, among candidates and of tracks already present."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from broker.vectors import Vectors
from contract.search import Row
from workers.search.recommend.ranking.similarity import Scores, Similarity
from workers.search.recommend.ranking.versions import (
    Identity,
    Mask,
    Positions,
    identity_of,
    pairs_of,
    same_recording,
    same_song,
)

#: Most pairs compared at once: their vectors are copied.
PAIRS: Final = 4096
#: Share of all pairs above which one product of everything is faster.
DENSE: Final = 0.1

Heard = tuple[Scores, Scores]
#: Maps the positions of [k] pairs, on either side, to their [k] calibrated similarities and [k] samenesses.
Hear = Callable[[Positions, Positions], Heard]


def repeats(some: Identity, others: Identity, hear: Hear, songs: Mask | bool = True) -> Mask:
    """[n, m] True where one of `others` repeats one of `some`: the recording or, where `songs` [n] is True, the song.

    Compares the sound only of pairs whose durations or tags allow a match.
    """
    pairs = pairs_of(some, others)
    similarity, sameness = (np.full(pairs.audio.shape, -np.inf, np.float32) for _ in range(2))
    rows, columns = np.nonzero(pairs.worth_hearing & ~pairs.audio)
    if len(rows):
        similarity[rows, columns], sameness[rows, columns] = hear(rows, columns)
    whole = np.broadcast_to(np.asarray(songs), len(some.duration))[:, None]
    same: Mask = np.where(whole, same_song(pairs, sameness, similarity), same_recording(pairs, sameness))
    return same


def spread(repeated: Mask, among: Identity, hear: Hear, songs: bool = True) -> Mask:
    """[n] True for the tracks in `repeated`, for whatever repeats one of them, for whatever repeats that, and so on.

    A copy with different tags may hide an original; matches that only the original's tags reveal must not slip through.
    """
    marked, new = repeated.copy(), repeated
    while new.any() and not marked.all():
        places, others = np.flatnonzero(new), np.flatnonzero(~marked)
        again = _among(places, others, among, hear, songs)
        new = np.zeros_like(marked)
        new[others[again]] = True
        marked |= new
    return marked


def _among(places: Positions, others: Positions, among: Identity, hear: Hear, songs: bool) -> Mask:
    repeated = repeats(among[places], among[others], lambda i, j: hear(places[i], others[j]), songs)
    again: Mask = np.asarray(repeated.any(axis=0))
    return again


def hear(similarity: Similarity, some: Vectors, rows: Positions, others: Vectors, columns: Positions) -> Heard:
    """[k] calibrated similarities and samenesses of the pairs of `some`[rows[k]] and `others`[columns[k]].

    Computed one by one if there are few, and from one product if they are a large share of all pairs of their tracks.
    """
    first, of_first = np.unique(rows, return_inverse=True)
    second, of_second = np.unique(columns, return_inverse=True)
    left, right = some[first], others[second]
    if len(rows) > DENSE * len(first) * len(second):
        cosines: Vectors = (left @ right.T)[of_first, of_second]
    else:
        cosines = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), PAIRS):
            part = slice(start, start + PAIRS)
            cosines[part] = np.einsum("nd,nd->n", left[of_first[part]], right[of_second[part]])
    return similarity.of_pairs(cosines, similarity.beside(left)[of_first], similarity.beside(right)[of_second])


@dataclass(frozen=True, slots=True)
class ExcludedRecordings:
    """[n] tracks with [n, dim] vectors that may not appear again as another file or, where `songs` [n], as another
    version.
    """

    rows: Sequence[Row] = ()
    vectors: Vectors = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    songs: Mask = field(default_factory=lambda: np.zeros(0, np.bool_))

    @classmethod
    def of(cls, groups: Sequence[tuple[Sequence[Row], Vectors, bool]]) -> ExcludedRecordings:
        """Build from groups of tracks with their vectors; True if none of their songs may appear again."""
        if not groups:
            return cls()
        return cls(
            [row for rows, _, _ in groups for row in rows],
            np.concatenate([vectors for _, vectors, _ in groups]),
            np.repeat([songs for _, _, songs in groups], [len(rows) for rows, _, _ in groups]),
        )

    def repeated(self, rows: Sequence[Row], vectors: Vectors, similarity: Similarity) -> Mask:
        """[m] True where one of `rows` ([m, dim] vectors) repeats one of these tracks."""
        if not self.rows or not rows:
            return np.zeros(len(rows), np.bool_)
        identity = identity_of([*self.rows, *rows])
        count = len(self.rows)
        excluded, candidates = identity[slice(0, count)], identity[slice(count, None)]
        same = repeats(excluded, candidates, lambda i, j: hear(similarity, self.vectors, i, vectors, j), self.songs)
        again = np.zeros(len(rows), np.bool_)
        for songs in (True, False):
            first = same[self.songs == songs].any(axis=0)
            again |= spread(first, candidates, lambda i, j: hear(similarity, vectors, i, vectors, j), songs)
        return again


NOTHING: Final = ExcludedRecordings()
