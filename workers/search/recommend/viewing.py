"""From a request to the views of the models that answer it, with a warning for whatever cannot take part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from broker.vectors import Vectors
from workers.models.registry import FOREIGN_MODELS
from workers.search.recommend.calibrator import Calibration, Calibrator
from workers.search.recommend.question import question_of
from workers.search.recommend.ranking.likeness import likeness_to_query
from workers.search.recommend.repeats import barred
from workers.search.recommend.request import Ask, Seed, unit_vector
from workers.search.recommend.selection import ModelSelector, Selection
from workers.search.recommend.view import ModelView, Targets, known, targets
from workers.search.spaces import Space, find_space
from workers.search.store.projection import project
from workers.search.store.rows import unit
from workers.search.store.vector_store import CollectionStatus, VectorStore

#: Tracks of disliked artists that count as dislikes.
MAX_DISLIKED = 500

Status = Mapping[str, CollectionStatus]


class Viewer:
    """Makes views. Not thread-safe."""

    def __init__(
        self,
        store: VectorStore,
        calibrator: Calibrator,
        spaces: Mapping[str, Space],
        selector: ModelSelector,
    ) -> None:
        self._store = store
        self._calibrator = calibrator
        self._spaces = spaces
        self._selector = selector

    def select(self, ask: Ask) -> Selection:
        """The models that answer. Raises `InvalidRequest`."""
        return self._select(ask, self._store.status())

    def views(self, ask: Ask, warnings: list[str]) -> list[ModelView]:
        """The models that answer; `warnings` grows by what has no effect, and why. Raises `InvalidRequest`."""
        status = self._store.status()
        selection = self._select(ask, status)
        if not ask.seeds:
            warnings.append("no seeds: there is nothing to recommend from")
            return []
        spaces = [self._spaces[model] for model in selection.models]
        missing: list[str] = []
        made = [self._view(ask, space, status[space.collection], missing) for space in spaces]
        views = [view for view in made if len(view.weights)]
        if not views:
            warnings += self._why_empty(ask, status)
            return []
        warnings += selection.warnings
        self._warn_of_unused(ask, spaces, self._dimensions(status), warnings)
        warnings += missing
        return views

    def _select(self, ask: Ask, status: Status) -> Selection:
        question = question_of(ask, self._spaces, self._dimensions(status))
        if ask.answering is not None:
            spaces = [find_space(self._spaces, model, "answering.models") for model in ask.answering.models]
            models = [space.model for space in spaces if space.collection in status]
            return Selection(models, ask.answering.warnings, {})
        return self._selector.select(question, status)

    def _why_empty(self, ask: Ask, status: Status) -> list[str]:
        """Why no model answers, of those asked for and of those that hold anything."""
        asked = [model for model in ask.models or [self._selector.default] if model in self._spaces]
        empty = [model for model in asked if not _count(status, self._spaces[model])]
        warnings = [f"model {model} has no vectors yet: embed the library with it first" for model in empty]
        tracks = {seed.track_id for seed in ask.seeds if seed.embedding is None}
        for model, space in self._spaces.items():
            missing = len(tracks) - len(self._store.held(space.collection, list(tracks)))
            if missing and _count(status, space):
                warnings.append(_missing(missing, len(tracks), model))
        return warnings

    def _dimensions(self, status: Status) -> dict[str, int]:
        """Dimension at the API by model: of the vectors in store, else of the published checkpoint."""
        return {
            name: status[space.collection].dimension if space.collection in status else space.dimension
            for name, space in self._spaces.items()
        }

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
        foreign = [name for name in ask.model_priorities if name in FOREIGN_MODELS]
        if foreign:
            warnings.append(f"model_priorities of {', '.join(foreign)} had no effect: no such model is on this server")

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
            warnings.append(_missing(missing, len(weight), space.model))
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


def _count(status: Status, space: Space) -> int:
    return status[space.collection].count if space.collection in status else 0


def _missing(missing: int, seeds: int, model: str) -> str:
    return f"{missing} of {seeds} seeds have no embedding in {model}"
