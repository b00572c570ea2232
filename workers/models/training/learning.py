"""Learn a map from captions to vectors, and measure how well it works for tracks that it has not seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors
from workers.models.training.captions import TrackTags, style
from workers.models.training.folds import folds, sample
from workers.models.training.recall import Recall, recall, reciprocal
from workers.models.training.ridge import Linear, RidgeParameters, fit

#: Most tracks to learn from; more would not change what a word sounds like.
MOST_TRACKS: Final = 20_000
#: With more tracks than this, a single fold is held out, which is then large enough.
MOST_TURNS_TRACKS: Final = 1_000
#: Most queries per measurement.
MOST_QUERIES: Final = 500

Rows = npt.NDArray[np.intp]
Told = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Tracks, their vectors [n, D] of unit length, all encoded texts [m, T], and `owners` [m], each text's track.

    `full` and `styled` [n] are rows of `texts`: everything known about each track, and only its moods and genres.
    """

    tracks: Sequence[TrackTags]
    vectors: Vectors
    texts: Vectors
    owners: Rows
    full: Rows
    styled: Rows


@dataclass(frozen=True, slots=True)
class Learned:
    """The map, learned from all tracks; `held_out` was measured with maps that had not seen the tracks in question."""

    head: Linear
    choice: RidgeParameters
    held_out: Recall


def learn(data: TrainingData, told: Told) -> Learned:
    """Hold out each fold in turn to measure a map that is tuned and learned on the others, then learn from all."""
    parts = folds([t.id for t in data.tracks], [t.album_id for t in data.tracks])
    turns = _turns(data, len(parts))
    answers: list[Recall] = []
    for turn in range(turns):
        told("learn", turn, turns + 1)
        rest = parts[:turn] + parts[turn + 1 :]
        head = _head(data, np.concatenate(rest), _choose(data, rest))
        answers.append(_measure(data, head, parts[turn]))
    told("learn", turns, turns + 1)
    choice = _choose(data, parts)
    head = _head(data, np.concatenate(parts), choice)
    told("learn", turns + 1, turns + 1)
    return Learned(head, choice, _mean(answers))


def _turns(data: TrainingData, parts: int) -> int:
    return parts if len(data.tracks) <= MOST_TURNS_TRACKS else 1


def _choose(data: TrainingData, parts: Sequence[Rows]) -> RidgeParameters:
    """Return the choice that does best on held-out folds, averaged over all of them."""
    scores: dict[RidgeParameters, float] = defaultdict(float)
    for turn in range(_turns(data, len(parts))):
        queries = _queries(data, parts[turn])
        full, styled = data.texts[data.full[queries]], data.texts[data.styled[queries]]
        for choice, head in _fit(data, np.concatenate([*parts[:turn], *parts[turn + 1 :]])):
            scores[choice] += reciprocal(head(full), data.vectors, queries)
            scores[choice] += reciprocal(head(styled), data.vectors, queries)
    return max(scores, key=lambda choice: scores[choice])


def _head(data: TrainingData, rows: Rows, wanted: RidgeParameters) -> Linear:
    return next(head for choice, head in _fit(data, rows) if choice == wanted)


def _fit(data: TrainingData, rows: Rows) -> Iterator[tuple[RidgeParameters, Linear]]:
    """Yield one map per choice, learned from the tracks `rows`."""
    rows = np.sort(rows)
    used = np.isin(data.owners, rows)
    places = np.searchsorted(rows, data.owners[used])
    return fit(data.texts[used], data.vectors[rows], places)


def _queries(data: TrainingData, rows: Rows) -> Rows:
    return rows[sample([data.tracks[row].id for row in rows], MOST_QUERIES)]


def _measure(data: TrainingData, head: Linear, held_out: Rows) -> Recall:
    queries = _queries(data, held_out)
    full, styled = head(data.texts[data.full[queries]]), head(data.texts[data.styled[queries]])
    return recall(full, styled, data.vectors, queries, [style(track) for track in data.tracks])


def _mean(answers: Sequence[Recall]) -> Recall:
    """Return the mean of all turns, weighted by their queries."""
    weights = np.array([answer.queries for answer in answers])

    def mean(field: str) -> float:
        return float(np.average([getattr(answer, field) for answer in answers], weights=weights))

    names = ("at_ten", "chance_at_ten", "styled", "chance_styled", "reciprocal")
    return Recall(int(weights.sum()), answers[0].tracks, **{name: mean(name) for name in names})
