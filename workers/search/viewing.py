"""From a request to the views of the models that answer it, with a warning for whatever cannot take part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from broker.errors import InvalidRequest
from broker.vectors import Vectors
from workers.search.calibrator import Calibration, Calibrator
from workers.search.projection import project
from workers.search.ranking.likeness import likeness_to_query
from workers.search.repeats import barred
from workers.search.request import Ask, Seed, unit_vector
from workers.search.rows import unit
from workers.search.spaces import Space, default_space, find_space
from workers.search.store import CollectionStatus, VectorStore
from workers.search.view import ModelView, Targets, known, targets

#: Tracks of disliked artists that count as dislikes.
MAX_DISLIKED = 500

Status = Mapping[str, CollectionStatus]


class Viewer:
    """Makes views. Not thread-safe."""

    def __init__(
        self, store: VectorStore, calibrator: Calibrator, spaces: Mapping[str, Space], default_model: str
    ) -> None:
        self._store = store
        self._calibrator = calibrator
        self._spaces = spaces
        self._default_model = default_model

    def views(self, ask: Ask, warnings: list[str]) -> list[ModelView]:
        """The models that can answer; `warnings` grows by why others cannot. Raises `InvalidRequest`."""
        status = self._store.status()
        dimensions = self._dimensions(status)
        self._check(ask, dimensions)
        if not ask.seeds:
            warnings.append("no seeds: there is nothing to recommend from")
            return []
        spaces = self._asked(ask, dimensions, status)
        self._warn_of_unused(ask, spaces, dimensions, warnings)
        views = []
        for space in spaces:
            if not status.get(space.collection) or not status[space.collection].count:
                warnings.append(f"model {space.model} has no vectors yet: embed the library with it first")
                continue
            view = self._view(ask, space, status[space.collection], warnings)
            if len(view.weights):
                views.append(view)
        return views

    def _dimensions(self, status: Status) -> dict[str, int]:
        """Dimension at the API by model: of the vectors in store, else of the published checkpoint."""
        return {
            name: status[space.collection].dimension if space.collection in status else space.dimension
            for name, space in self._spaces.items()
        }

    def _check(self, ask: Ask, dimensions: Mapping[str, int]) -> None:
        for place, name in enumerate(ask.models or ()):
            find_space(self._spaces, name, f"models.{place}")
        for name in ask.model_priorities:
            find_space(self._spaces, name, "model_priorities")
        for place, seed in enumerate(ask.seeds):
            if seed.embedding is not None and len(seed.embedding) not in dimensions.values():
                raise _wrong_length(f"seeds.{place}.embedding", len(seed.embedding), dimensions)
        for name, vectors in ask.negative_embeddings.items():
            find_space(self._spaces, name, "negative_embeddings")
            for place, vector in enumerate(vectors):
                if len(vector) != dimensions[name]:
                    raise _wrong_length(f"negative_embeddings.{name}.{place}", len(vector), {name: dimensions[name]})

    def _asked(self, ask: Ask, dimensions: Mapping[str, int], status: Status) -> list[Space]:
        if ask.models:
            return [self._spaces[name] for name in dict.fromkeys(ask.models)]
        lengths = {len(seed.embedding) for seed in ask.seeds if seed.embedding is not None}
        by_length = [space for name, space in self._spaces.items() if dimensions[name] in lengths]
        if by_length:
            return by_length
        filled = [collection for collection, state in status.items() if state.count]
        return [default_space(self._spaces, self._default_model, filled)]

    @staticmethod
    def _warn_of_unused(ask: Ask, spaces: Sequence[Space], dimensions: Mapping[str, int], warnings: list[str]) -> None:
        used = {dimensions[space.model] for space in spaces}
        unused = sum(seed.embedding is not None and len(seed.embedding) not in used for seed in ask.seeds)
        models = [space.model for space in spaces]
        names = ", ".join(models)
        if unused:
            warnings.append(f"{unused} text seeds had no effect: none of {names} has their length")
        others = [name for name, vectors in ask.negative_embeddings.items() if vectors and name not in models]
        if others:
            warnings.append(f"negative_embeddings of {', '.join(others)} had no effect: {names} was searched")

    def _view(self, ask: Ask, space: Space, status: CollectionStatus, warnings: list[str]) -> ModelView:
        calibration = self._calibrator.of(space.collection, status)
        texts = [seed for seed in ask.seeds if seed.embedding and len(seed.embedding) == status.dimension]
        seeds, weights = self._seeds(ask, texts, space, calibration, warnings)
        negatives = self._queries(
            [
                unit_vector(v, f"negative_embeddings.{space.model}")
                for v in ask.negative_embeddings.get(space.model, ())
            ],
            calibration,
        )
        dislikes = self._dislikes(ask, space, calibration)
        there = barred(self._store, space.collection, ask, known(seeds), known(dislikes))
        return ModelView(space, calibration.likeness, seeds, weights, dislikes, negatives, there)

    def _seeds(
        self, ask: Ask, texts: Sequence[Seed], space: Space, calibration: Calibration, warnings: list[str]
    ) -> tuple[Targets, Vectors]:
        weight: dict[str, float] = {}
        for seed in ask.seeds:
            if seed.embedding is None:
                weight[seed.track_id] = weight.get(seed.track_id, 0.0) + seed.weight
        found = self._store.lookup(space.collection, list(weight))
        missing = len(weight) - len(found.rows)
        if missing:
            warnings.append(f"{missing} of {len(weight)} seeds have no embedding in {space.model}")
        asked = self._queries([unit_vector(seed.embedding or [], "seeds.embedding") for seed in texts], calibration)
        dimension = calibration.sample.shape[1]
        tracks = (found.vectors, [calibration.likeness] * len(found.rows), found.rows)
        seeds = targets([tracks, (asked.vectors, asked.likeness, asked.rows)], dimension)
        weights = [*(weight[row.track_id] for row in found.rows), *(seed.weight for seed in texts)]
        return seeds, np.array(weights, np.float32)

    def _dislikes(self, ask: Ask, space: Space, calibration: Calibration) -> Targets:
        found = self._store.lookup(space.collection, ask.disliked_track_ids)
        groups = [found]
        if ask.disliked_artist_ids and ask.dislike_strength > 0:
            groups.append(self._store.by_artists(space.collection, ask.disliked_artist_ids, MAX_DISLIKED))
        parts = [(group.vectors, [calibration.likeness] * len(group.rows), group.rows) for group in groups]
        return targets(parts, calibration.sample.shape[1])

    @staticmethod
    def _queries(vectors: Sequence[Vectors], calibration: Calibration) -> Targets:
        """Vectors that are of no track, each with a likeness of its own."""
        dimension = calibration.sample.shape[1]
        if not vectors:
            return targets([], dimension)
        stored = unit(project(np.stack(vectors), dimension))
        likeness = tuple(likeness_to_query(vector, calibration.sample) for vector in stored)
        return Targets(stored, likeness, (None,) * len(stored))


def _wrong_length(where: str, length: int, dimensions: Mapping[str, int]) -> InvalidRequest:
    lengths = ", ".join(f"{name} {dimension}" for name, dimension in dimensions.items())
    return InvalidRequest(
        f"{where}: {length} values fit no model; lengths are {lengths}",
        {"field": where, "reason": "wrong length", "allowed": dict(dimensions)},
    )
