"""Chooses the list: the best of all models' candidates as one pool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from contract.search import DEFAULT_PRIORITIES, RecommendRequest, Row
from workers.search.recommend.ranking.merge import LAST_PRIORITY, merge
from workers.search.recommend.ranking.repeats import hear
from workers.search.recommend.ranking.select import Pool, select
from workers.search.recommend.ranking.similarity import DIGITS, Scores, clipped
from workers.search.recommend.ranking.terms import boosted
from workers.search.recommend.ranking.versions import identity_of
from workers.search.recommend.score import Scored

#: Candidates that take part in the choice: the larger of this number and this multiple of the limit.
POOL: Final = 400
POOL_FACTOR: Final = 4

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Chosen:
    """One track of the list, with its position among the candidates of each model."""

    row: Row
    score: float
    positions: dict[str, int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The list, and how many candidates each rule left out."""

    tracks: list[Chosen]
    too_far: int
    too_few_models: int


def choose(parts: Sequence[Scored], request: RecommendRequest, least: float) -> Outcome:
    """Returns the best list from all models' candidates; `least` is the lowest calibrated score allowed, 0 for any."""
    rows, places = _union(parts)
    scores = np.full((len(rows), len(parts)), np.nan, np.float32)
    for column, part in enumerate(parts):
        present = places[:, column] >= 0
        scores[present, column] = part.scores[places[present, column]]
    ranks = {**DEFAULT_PRIORITIES, **request.model_priorities}
    priorities = [ranks.get(part.model, LAST_PRIORITY) for part in parts]
    merged = merge(scores, request.merge_strategy, request.min_model_agreement, priorities)
    boosted_scores = boosted(merged.scores, rows, request.album_factors, request.artist_factors)
    merged = replace(merged, scores=np.round(boosted_scores, DIGITS))
    near = (merged.scores >= least) if least > 0 else np.ones(len(rows), np.bool_)
    eligible = np.flatnonzero(merged.kept & near)
    order = np.lexsort((-merged.scores[eligible], merged.tiers[eligible]))
    kept = _new(eligible[order], max(POOL, POOL_FACTOR * request.limit), parts, places)
    among = _Similarity(parts, places[kept])
    identity = identity_of([rows[position] for position in kept])
    pool = Pool(merged.scores[kept], merged.tiers[kept], identity, among.to, among.hear)
    listed = kept[select(pool, request.limit, request.diversity)]
    tracks = [
        Chosen(rows[position], float(clipped(merged.scores[position])), _found(parts, places[position]))
        for position in listed
    ]
    return Outcome(tracks, int((merged.kept & ~near).sum()), int((~merged.kept).sum()))


def _new(order: Positions, most: int, parts: Sequence[Scored], places: Positions) -> Positions:
    """Returns the first `most` of `order` that repeat no barred track, according to any of the models."""
    chosen: list[Positions] = []
    missing = most
    for start in range(0, len(order), most):
        some = order[start : start + most]
        again = np.zeros(len(some), np.bool_)
        for column, part in enumerate(parts):
            present = np.flatnonzero(places[some, column] >= 0)
            positions = places[some[present], column]
            matches = part.found
            rows = [matches.rows[place] for place in positions]
            again[present] |= part.query.excluded.repeated(rows, matches.vectors[positions], part.query.similarity)
        chosen.append(some[~again][:missing])
        missing -= len(chosen[-1])
        if not missing:
            break
    return np.concatenate(chosen) if chosen else order


def _union(parts: Sequence[Scored]) -> tuple[list[Row], Positions]:
    """Returns the rows of all candidates and their [n, models] positions, -1 where a model did not find one."""
    if len(parts) == 1:
        all_rows = parts[0].found.rows
        return all_rows, np.arange(len(all_rows), dtype=np.int64)[:, None]
    numbers: dict[str, int] = {}
    rows: list[Row] = []
    for part in parts:
        for row in part.found.rows:
            if row.track_id not in numbers:
                numbers[row.track_id] = len(rows)
                rows.append(row)
    places = np.full((len(rows), len(parts)), -1, np.int64)
    for column, part in enumerate(parts):
        for position, row in enumerate(part.found.rows):
            places[numbers[row.track_id], column] = position
    return rows, places


def _found(parts: Sequence[Scored], places: Positions) -> dict[str, int]:
    return {part.model: int(place) for part, place in zip(parts, places, strict=True) if place >= 0}


class _Similarity:
    """Calibrated similarity within the pool: the mean over the models that found both tracks, 0 if none did."""

    def __init__(self, parts: Sequence[Scored], places: Positions) -> None:
        self._parts = parts
        self._places = places

    @cached_property
    def _all(self) -> Scores:
        """[n, n] similarities: one product is faster than one per choice, and most lists need most of it."""
        count = len(self._places)
        total, models = np.zeros((count, count), np.float32), np.zeros((count, count), np.float32)
        for column, part in enumerate(self._parts):
            present = self._places[:, column] >= 0
            vectors = part.found.vectors[self._places[present, column]]
            block = np.ix_(present, present)
            total[block] += part.query.similarity(vectors, vectors)
            models[block] += 1
        return (total / np.maximum(models, 1)).astype(np.float32)

    def hear(self, some: Positions, others: Positions) -> tuple[Scores, Scores]:
        """[k] calibrated similarities and samenesses of pairs: the lowest of any model that knows both tracks."""
        similarity, sameness = (np.full(len(some), np.inf, np.float32) for _ in range(2))
        for column, part in enumerate(self._parts):
            first, second = self._places[some, column], self._places[others, column]
            both = np.flatnonzero((first >= 0) & (second >= 0))
            vectors = part.found.vectors
            heard = hear(part.query.similarity, vectors, first[both], vectors, second[both])
            similarity[both] = np.minimum(similarity[both], heard[0])
            sameness[both] = np.minimum(sameness[both], heard[1])
        unknown = np.isinf(similarity)
        similarity[unknown] = sameness[unknown] = -np.inf
        return similarity, sameness

    def to(self, position: int) -> Scores:
        """[n] similarities to candidate `position`."""
        row: Scores = self._all[position]
        return row
