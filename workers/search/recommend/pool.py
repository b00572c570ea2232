"""The candidates of all models as one pool that a list is chosen from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from workers.search.recommend.ranking.calibration import DIGITS, Scores, clipped
from workers.search.recommend.ranking.favour import favoured
from workers.search.recommend.ranking.merge import LAST_PRIORITY, Strategy, merge
from workers.search.recommend.ranking.select import Pool, select
from workers.search.recommend.ranking.versions import identity_of
from workers.search.recommend.repeats import hear
from workers.search.recommend.view import Judgement, ModelView
from workers.search.store.rows import Row

#: Candidates that take part in the choice: this many, or this many times the limit where that is more.
POOL = 400
POOL_FACTOR = 4

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Choice:
    """How a list is made from the pool. `priorities` by model, lower first; `least` score on the calibrated scale;
    `albums` and `artists`: what the scores of their tracks are multiplied by.
    """

    limit: int
    diversity: float
    strategy: Strategy
    agreement: int
    priorities: dict[str, int]
    least: float
    albums: Mapping[str, float] = field(default_factory=dict)
    artists: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One track of the list: by model the position among that model's candidates."""

    row: Row
    score: float
    positions: dict[str, int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The list, and how many candidates each rule left out."""

    tracks: list[Chosen]
    too_far: int
    too_few_models: int


def choose(views: Sequence[ModelView], judgements: Sequence[Judgement], choice: Choice) -> Outcome:
    """The best list from the candidates of all `views`."""
    rows, places = _union(views)
    scores = np.full((len(rows), len(views)), np.nan, np.float32)
    for column, judgement in enumerate(judgements):
        there = places[:, column] >= 0
        scores[there, column] = judgement.scores[places[there, column]]
    priorities = [choice.priorities.get(view.space.model, LAST_PRIORITY) for view in views]
    merged = merge(scores, choice.strategy, choice.agreement, priorities)
    favoured_scores = favoured(merged.scores, rows, choice.albums, choice.artists)
    merged = replace(merged, scores=np.round(favoured_scores, DIGITS))
    near = (merged.scores >= choice.least) if choice.least > 0 else np.ones(len(rows), np.bool_)
    eligible = np.flatnonzero(merged.kept & near)
    order = np.lexsort((-merged.scores[eligible], merged.tiers[eligible]))
    kept = _new(eligible[order], max(POOL, POOL_FACTOR * choice.limit), views, places)
    among = _Similarity(views, places[kept])
    identity = identity_of([rows[position] for position in kept])
    pool = Pool(merged.scores[kept], merged.tiers[kept], identity, among.to, among.hear)
    listed = kept[select(pool, choice.limit, choice.diversity)]
    tracks = [Chosen(rows[one], float(clipped(merged.scores[one])), _found(views, places[one])) for one in listed]
    return Outcome(tracks, int((merged.kept & ~near).sum()), int((~merged.kept).sum()))


def _new(order: Positions, most: int, views: Sequence[ModelView], places: Positions) -> Positions:
    """The first `most` of `order` that repeat nothing that is there already: to one of the models is enough."""
    kept: list[Positions] = []
    missing = most
    for start in range(0, len(order), most):
        part = order[start : start + most]
        again = np.zeros(len(part), np.bool_)
        for column, view in enumerate(views):
            there = np.flatnonzero(places[part, column] >= 0)
            found = places[part[there], column]
            matches = view.candidates
            rows = [matches.rows[place] for place in found]
            again[there] |= view.barred.repeated(rows, matches.vectors[found], view.likeness)
        kept.append(part[~again][:missing])
        missing -= len(kept[-1])
        if not missing:
            break
    return np.concatenate(kept) if kept else order


def _union(views: Sequence[ModelView]) -> tuple[list[Row], Positions]:
    """Rows of all candidates, and [n, models] their positions in each model, -1 where it did not find them."""
    if len(views) == 1:
        found = views[0].candidates.rows
        return found, np.arange(len(found), dtype=np.int64)[:, None]
    numbers: dict[str, int] = {}
    rows: list[Row] = []
    for view in views:
        for row in view.candidates.rows:
            if row.track_id not in numbers:
                numbers[row.track_id] = len(rows)
                rows.append(row)
    places = np.full((len(rows), len(views)), -1, np.int64)
    for column, view in enumerate(views):
        for position, row in enumerate(view.candidates.rows):
            places[numbers[row.track_id], column] = position
    return rows, places


def _found(views: Sequence[ModelView], places: Positions) -> dict[str, int]:
    return {view.space.model: int(place) for view, place in zip(views, places, strict=True) if place >= 0}


class _Similarity:
    """Calibrated similarity within the pool: the mean over the models that found both, 0 where none did."""

    def __init__(self, views: Sequence[ModelView], places: Positions) -> None:
        self._views = views
        self._places = places

    @cached_property
    def _all(self) -> Scores:
        """[n, n]: one product is quicker than one for each choice, and most lists need most of it."""
        count = len(self._places)
        total, models = np.zeros((count, count), np.float32), np.zeros((count, count), np.float32)
        for column, view in enumerate(self._views):
            there = self._places[:, column] >= 0
            vectors = view.candidates.vectors[self._places[there, column]]
            block = np.ix_(there, there)
            total[block] += view.likeness(vectors, vectors)
            models[block] += 1
        return (total / np.maximum(models, 1)).astype(np.float32)

    def hear(self, some: Positions, others: Positions) -> tuple[Scores, Scores]:
        """[k] calibrated similarities and samenesses of pairs of candidates: the least of any model that knows both."""
        similarity, sameness = (np.full(len(some), np.inf, np.float32) for _ in range(2))
        for column, view in enumerate(self._views):
            one, other = self._places[some, column], self._places[others, column]
            both = np.flatnonzero((one >= 0) & (other >= 0))
            vectors = view.candidates.vectors
            heard = hear(view.likeness, vectors, one[both], vectors, other[both])
            similarity[both] = np.minimum(similarity[both], heard[0])
            sameness[both] = np.minimum(sameness[both], heard[1])
        unknown = np.isinf(similarity)
        similarity[unknown] = sameness[unknown] = -np.inf
        return similarity, sameness

    def to(self, one: int) -> Scores:
        """[n] similarities to candidate `one`."""
        row: Scores = self._all[one]
        return row
