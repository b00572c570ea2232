"""A path of tracks from one to another: each step near the last, evenly spaced between the two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from broker.vectors import Vectors
from contract.errors import InvalidRequest
from contract.search import FoundPath, PathRequest, PathStep, Row
from workers.search.recommend.calibrator import Calibrator
from workers.search.recommend.candidates import UnlistedFilter
from workers.search.recommend.ranking.repeats import hear, spread
from workers.search.recommend.ranking.similarity import DIGITS, Similarity, clipped
from workers.search.recommend.ranking.versions import Identity, identity_of
from workers.search.recommend.selection import ModelSelector, SelectionInput, Status
from workers.search.recommend.warnings import ends_missing, short_list
from workers.search.spaces import Space, find_space
from workers.search.store.vector_store import VectorStore, Where

#: Candidates fetched for each step in addition to the number of steps: some repeat a song.
SPARE: Final = 8
#: Most candidates fetched for all steps: they are held in memory with their vectors.
MAX_HITS: Final = 20_000
#: Below this angle (radians) there is no direction to interpolate along.
NO_ANGLE: Final = 1e-4


@dataclass(frozen=True, slots=True)
class PathSteps:
    """Everything a path may use, with the two ends at 0 and 1: rows, [n, dim] unit vectors, identity."""

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
        unlisted: UnlistedFilter | None = None,
    ) -> None:
        self._store = store
        self._unlisted = unlisted or UnlistedFilter()
        self._calibrator = calibrator
        self._spaces = spaces
        self._selector = selector

    def answer(self, request: PathRequest) -> FoundPath:
        """Returns the path, with a warning if it is short. Raises `InvalidRequest`, `StoreUnavailable`."""
        if request.from_id == request.to_id:
            raise InvalidRequest("to_id: choose another track than from_id", {"field": "to_id"})
        status_of_all = self._store.status()
        space = self._space(request, status_of_all)
        status = status_of_all.get(space.collection)
        ends = self._store.lookup(space.collection, [request.from_id, request.to_id]) if status else None
        if status is None or ends is None or len(ends.rows) < 2:
            present = {row.track_id for row in ends.rows} if ends else set()
            without = [end for end in (request.from_id, request.to_id) if end not in present]
            return FoundPath(tracks=[], warnings=[ends_missing(without, space.model)])
        similarity = self._calibrator.of(space.collection, status).similarity
        steps = self._steps(request, space, ends.rows, ends.vectors)
        chosen = walk(steps, request.count, similarity)
        similarities = clipped(similarity(steps.vectors[chosen], steps.vectors[:1]))[:, 0]
        similarities[0] = 1.0
        tracks = [
            PathStep(track_id=steps.rows[place].track_id, similarity=round(float(value), DIGITS))
            for place, value in zip(chosen, similarities, strict=True)
        ]
        is_short = len(tracks) < request.count
        short = [short_list(len(tracks), request.count, ["there are no others"])] if is_short else []
        return FoundPath(tracks=tracks, warnings=short)

    def _space(self, request: PathRequest, status: Status) -> Space:
        """Returns the space of the model that answers and knows both ends, else of the requested or default model."""
        wanted = SelectionInput(
            asked=[] if request.model is None else [find_space(self._spaces, request.model).model],
            track_seeds={request.from_id: 1.0, request.to_id: 1.0},
            least_seeds=2,
            libraries=frozenset(request.library_ids),
        )
        models = self._selector.select(wanted, status).models
        return self._spaces[models[0] if models else request.model or self._selector.default]

    def _steps(self, request: PathRequest, space: Space, rows: Sequence[Row], ends: Vectors) -> PathSteps:
        """Fetch the ends and the tracks nearest to each point between them, in one search."""
        where = Where(
            libraries=frozenset(request.library_ids),
            without_tracks=frozenset((*request.exclude_track_ids, request.from_id, request.to_id)),
            unlisted=self._unlisted.beside((request.from_id, request.to_id)),
        )
        if request.count == 2:
            return PathSteps(rows, ends, identity_of(rows))
        points = between(ends[0], ends[1], request.count)[1:-1]
        each = min(request.count + SPARE, MAX_HITS // len(points))
        hits = self._store.search(space.collection, points, each, where)
        everything = [*rows, *hits.rows]
        vectors = np.concatenate([ends, hits.vectors.reshape(-1, ends.shape[1])])
        return PathSteps(everything, vectors, identity_of(everything))


def between(start: Vectors, end: Vectors, count: int) -> Vectors:
    """Returns [count, dim] unit vectors from `start` to `end` ([dim], of length 1), at equal angles.

    Spherical linear interpolation (Shoemake, "Animating rotation with quaternion curves", 1985).
    """
    angle = float(np.arccos(np.clip(start @ end, -1, 1)))
    share = np.linspace(0, 1, count, dtype=np.float64)[:, None]
    if angle < NO_ANGLE or np.pi - angle < NO_ANGLE:
        points = (1 - share) * start + share * end
    else:
        points = (np.sin((1 - share) * angle) * start + np.sin(share * angle) * end) / np.sin(angle)
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    # Between exactly opposite ends no direction is preferred: any will do.
    unit: Vectors = np.where(lengths > NO_ANGLE, points / np.maximum(lengths, NO_ANGLE), start).astype(np.float32)
    return unit


def walk(steps: PathSteps, count: int, similarity: Similarity) -> list[int]:
    """Returns the positions of a path of at most `count` steps from 0 to 1: for each point the nearest unused track.

    No song appears twice. Points are filled from both ends towards the middle, so that one end does not use up the
    other's neighbourhood.
    """
    free = np.ones(len(steps.rows), np.bool_)

    def take(chosen_step: int) -> None:
        free[chosen_step] = False
        affected = np.concatenate(([chosen_step], np.flatnonzero(free)))
        vectors = steps.vectors
        again = spread(
            np.arange(len(affected)) == 0,
            steps.identity[affected],
            lambda i, j: hear(similarity, vectors, affected[i], vectors, affected[j]),
        )
        free[affected[again]] = False

    take(0)
    take(1)
    points = between(steps.vectors[0], steps.vectors[1], count)
    nearness = np.round(points @ steps.vectors.T, DIGITS)
    chosen = {0: 0, count - 1: 1}
    for point in sorted(range(1, count - 1), key=lambda place: min(place, count - 1 - place)):
        if not free.any():
            break
        chosen[point] = int(np.argmax(np.where(free, nearness[point], -np.inf)))
        take(chosen[point])
    return [chosen[point] for point in sorted(chosen)]
