"""A path of tracks from one to another: each step near the last, evenly spaced between the two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from broker.vectors import Vectors
from contract.errors import InvalidRequest
from workers.search.recommend.calibrator import Calibrator
from workers.search.recommend.question import Question
from workers.search.recommend.ranking.calibration import DIGITS, clipped
from workers.search.recommend.ranking.likeness import Likeness
from workers.search.recommend.ranking.versions import Identity, identity_of, spread
from workers.search.recommend.repeats import hear
from workers.search.recommend.request import Ids, parse
from workers.search.recommend.selection import ModelSelector
from workers.search.recommend.unlisted import Unlisted
from workers.search.spaces import Space, find_space
from workers.search.store.rows import Row
from workers.search.store.vector_store import CollectionStatus, VectorStore, Where

#: Most tracks of a path.
MAX_COUNT = 200
#: Candidates fetched for each step beside as many as the path has steps: some are repeats of a song.
SPARE = 8
#: Candidates fetched for all steps, at most: they are held in memory with their vectors.
MAX_HITS = 20_000
#: An angle below this (radians) has no direction to interpolate along.
NO_ANGLE = 1e-4


class PathAsk(BaseModel):
    """A `path` call. `from_id` and `to_id` are the ends; `count` tracks are wanted with both of them."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    from_id: str = Field(min_length=1)
    to_id: str = Field(min_length=1)
    count: int = Field(25, ge=2, le=MAX_COUNT)
    model: str | None = None
    library_ids: Annotated[list[int], BeforeValidator(lambda value: value or [])] = []
    exclude_track_ids: Ids = []


@dataclass(frozen=True, slots=True)
class Steps:
    """Everything that a path may be made of, the two ends at 0 and 1: rows, [n, dim] unit vectors, identity."""

    rows: Sequence[Row]
    vectors: Vectors
    identity: Identity


class PathFinder:
    """Answers `path`. Not thread-safe."""

    def __init__(
        self,
        store: VectorStore,
        calibrator: Calibrator,
        spaces: Mapping[str, Space],
        selector: ModelSelector,
        unlisted: Unlisted | None = None,
    ) -> None:
        self._store = store
        self._unlisted = unlisted or Unlisted()
        self._calibrator = calibrator
        self._spaces = spaces
        self._selector = selector

    def answer(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """`{"tracks": [{"track_id", "similarity"}], "warnings"}`. Raises `InvalidRequest`, `StoreUnavailable`."""
        ask = parse(PathAsk, params)
        if ask.from_id == ask.to_id:
            raise InvalidRequest("to_id: another track than from_id is expected", {"field": "to_id"})
        status_of_all = self._store.status()
        space = self._space(ask, status_of_all)
        status = status_of_all.get(space.collection)
        ends = self._store.lookup(space.collection, [ask.from_id, ask.to_id]) if status else None
        if status is None or ends is None or len(ends.rows) < 2:
            there = {row.track_id for row in ends.rows} if ends else set()
            without = [end for end in (ask.from_id, ask.to_id) if end not in there]
            return {"tracks": [], "warnings": [f"no vector of {space.model} for {', '.join(without)}: embed it first"]}
        likeness = self._calibrator.of(space.collection, status).likeness
        steps = self._steps(ask, space, ends.rows, ends.vectors)
        chosen = walk(steps, ask.count, likeness)
        similarity = clipped(likeness(steps.vectors[chosen], steps.vectors[:1]))[:, 0]
        similarity[0] = 1.0
        tracks = [
            {"track_id": steps.rows[place].track_id, "similarity": round(float(value), DIGITS)}
            for place, value in zip(chosen, similarity, strict=True)
        ]
        short = [f"{len(tracks)} of {ask.count} tracks: there are no others"] if len(tracks) < ask.count else []
        return {"tracks": tracks, "warnings": short}

    def _space(self, ask: PathAsk, status: Mapping[str, CollectionStatus]) -> Space:
        """That of the model that knows both ends and answers; the default's where none does."""
        question = Question(
            asked=[] if ask.model is None else [find_space(self._spaces, ask.model).model],
            track_seeds={ask.from_id: 1.0, ask.to_id: 1.0},
            least_seeds=2,
            libraries=frozenset(ask.library_ids),
        )
        models = self._selector.select(question, status).models
        return self._spaces[models[0] if models else ask.model or self._selector.default]

    def _steps(self, ask: PathAsk, space: Space, rows: Sequence[Row], ends: Vectors) -> Steps:
        """The ends and the nearest tracks to each point between them, in one search."""
        where = Where(
            libraries=frozenset(ask.library_ids),
            without_tracks=frozenset((*ask.exclude_track_ids, ask.from_id, ask.to_id)),
            unlisted=self._unlisted.beside((ask.from_id, ask.to_id)),
        )
        if ask.count == 2:
            return Steps(rows, ends, identity_of(rows))
        points = between(ends[0], ends[1], ask.count)[1:-1]
        each = min(ask.count + SPARE, MAX_HITS // len(points))
        found = self._store.search(space.collection, points, each, where)
        everything = [*rows, *found.rows]
        vectors = np.concatenate([ends, found.vectors.reshape(-1, ends.shape[1])])
        return Steps(everything, vectors, identity_of(everything))


def between(start: Vectors, end: Vectors, count: int) -> Vectors:
    """[count, dim] unit vectors from `start` to `end` ([dim], of length 1), at equal angles.

    Spherical linear interpolation (Shoemake, "Animating rotation with quaternion curves", 1985).
    """
    angle = float(np.arccos(np.clip(start @ end, -1, 1)))
    share = np.linspace(0, 1, count, dtype=np.float64)[:, None]
    if angle < NO_ANGLE or np.pi - angle < NO_ANGLE:
        points = (1 - share) * start + share * end
    else:
        points = (np.sin((1 - share) * angle) * start + np.sin(share * angle) * end) / np.sin(angle)
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    # Exactly opposite ends pass through nothing: any direction is as good there as the start's.
    unit: Vectors = np.where(lengths > NO_ANGLE, points / np.maximum(lengths, NO_ANGLE), start).astype(np.float32)
    return unit


def walk(steps: Steps, count: int, likeness: Likeness) -> list[int]:
    """Positions of a path of at most `count` steps from 0 to 1: for each point the nearest track that is left.

    No song comes twice. Points are served from both ends towards the middle, so that the neighbourhood of an end is
    not used up by the other's.
    """
    left = np.ones(len(steps.rows), np.bool_)

    def take(one: int) -> None:
        left[one] = False
        there = np.concatenate(([one], np.flatnonzero(left)))
        vectors = steps.vectors
        again = spread(
            np.arange(len(there)) == 0,
            steps.identity[there],
            lambda i, j: hear(likeness, vectors, there[i], vectors, there[j]),
        )
        left[there[again]] = False

    take(0)
    take(1)
    points = between(steps.vectors[0], steps.vectors[1], count)
    nearness = np.round(points @ steps.vectors.T, DIGITS)
    chosen = {0: 0, count - 1: 1}
    for point in sorted(range(1, count - 1), key=lambda place: min(place, count - 1 - place)):
        if not left.any():
            break
        chosen[point] = int(np.argmax(np.where(left, nearness[point], -np.inf)))
        take(chosen[point])
    return [chosen[point] for point in sorted(chosen)]
