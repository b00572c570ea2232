"""Candidates that repeat what is there already: a seed, a dislike, what the asker has or leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from broker.vectors import Vectors
from workers.search.recommend.ranking.calibration import Scores
from workers.search.recommend.ranking.likeness import Likeness
from workers.search.recommend.ranking.versions import Mask, Positions, identity_of, repeats, spread
from workers.search.recommend.request import Ask
from workers.search.store.rows import Row
from workers.search.store.vector_store import Matches, VectorStore

#: Tracks of `exclude_track_ids` whose other files are left out too: the first so many. All of them are left out.
MAX_EXCLUDED = 500
#: Pairs that are heard at once: their vectors are copied.
PAIRS = 4096
#: Share of all pairs of their tracks from which one product of all is quicker.
DENSE = 0.1

Heard = tuple[Scores, Scores]


@dataclass(frozen=True, slots=True)
class Barred:
    """[n] tracks with their [n, dim] vectors that may not come again as another file; `songs` [n]: as no version."""

    rows: Sequence[Row]
    vectors: Vectors
    songs: Mask

    def repeated(self, rows: Sequence[Row], vectors: Vectors, likeness: Likeness) -> Mask:
        """[m] True where one of `rows` ([m, dim] vectors) repeats one of these."""
        if not self.rows or not rows:
            return np.zeros(len(rows), np.bool_)
        identity = identity_of([*self.rows, *rows])
        count = len(self.rows)
        known, candidates = identity[slice(0, count)], identity[slice(count, None)]
        found = repeats(known, candidates, lambda i, j: hear(likeness, self.vectors, i, vectors, j), self.songs)
        again = np.zeros(len(rows), np.bool_)
        for songs in (True, False):
            first = found[self.songs == songs].any(axis=0)
            again |= spread(first, candidates, lambda i, j: hear(likeness, vectors, i, vectors, j), songs)
        return again


NOTHING_BARRED = Barred((), np.zeros((0, 0), np.float32), np.zeros(0, np.bool_))


def hear(likeness: Likeness, some: Vectors, rows: Positions, others: Vectors, columns: Positions) -> Heard:
    """[k] calibrated similarities and samenesses of the pairs of `some`[rows[k]] and `others`[columns[k]].

    One by one where they are few, from one product where they are a good part of all pairs of their tracks.
    """
    first, of_first = np.unique(rows, return_inverse=True)
    second, of_second = np.unique(columns, return_inverse=True)
    one, other = some[first], others[second]
    if len(rows) > DENSE * len(first) * len(second):
        cosines: Vectors = (one @ other.T)[of_first, of_second]
    else:
        cosines = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), PAIRS):
            part = slice(start, start + PAIRS)
            cosines[part] = np.einsum("nd,nd->n", one[of_first[part]], other[of_second[part]])
    return likeness.of_pairs(cosines, likeness.beside(one)[of_first], likeness.beside(other)[of_second])


def barred(store: VectorStore, collection: str, ask: Ask, seeds: Matches, dislikes: Matches) -> Barred:
    """What may not come again in an answer: songs of the seeds and of the list so far, recordings of the rest."""
    listed = store.lookup(collection, ask.listed_track_ids)
    excluded = store.lookup(collection, ask.exclude_track_ids[:MAX_EXCLUDED])
    groups = [(seeds, True), (listed, True), (dislikes, False), (excluded, False)]
    filled = [(group, songs) for group, songs in groups if group.rows]
    if not filled:
        return NOTHING_BARRED
    return Barred(
        [row for group, _ in filled for row in group.rows],
        np.concatenate([group.vectors for group, _ in filled]),
        np.repeat([songs for _, songs in filled], [len(group.rows) for group, _ in filled]),
    )
