"""Builds each model's query: seeds to resemble, things to avoid, and songs that may not repeat.

Anything that has no effect adds a warning.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors
from contract.errors import InvalidRequest
from contract.search import RecommendRequest, Row, Seed, Selection
from contract.warnings import Warned
from workers.search.recommend.calibrator import Calibration, Calibrator
from workers.search.recommend.ranking.repeats import NOTHING, ExcludedRecordings
from workers.search.recommend.ranking.similarity import Similarity, similarity_to_query
from workers.search.recommend.selection import ModelSelector, Status, selection_input
from workers.search.recommend.warnings import model_empty, no_seeds, seeds_missing, unused
from workers.search.spaces import Space, find_space
from workers.search.store.projection import project
from workers.search.store.rows import unit
from workers.search.store.vector_store import CollectionStatus, SearchHits, VectorStore
from workers.search.words.target import Target
from workers.search.words.warnings import nothing_understood, prompt_unused
from workers.search.words.words import Words

#: Most tracks of disliked artists that count as dislikes.
MAX_DISLIKED: Final = 500
#: Most `exclude_track_ids` whose other files are left out too. The named tracks themselves are always left out.
MAX_EXCLUDED: Final = 500


@dataclass(frozen=True, slots=True)
class Targets:
    """Things to resemble or to avoid: [n, dim] unit vectors, the similarity to each, and its row if it is a track."""

    vectors: Vectors
    similarity: tuple[Similarity, ...] = ()
    rows: tuple[Row | None, ...] = ()

    @property
    def tracks(self) -> SearchHits:
        """The targets that are tracks."""
        places = [place for place, row in enumerate(self.rows) if row is not None]
        return SearchHits([row for row in self.rows if row is not None], self.vectors[places])


@dataclass(frozen=True, slots=True)
class Query:
    """A model and what it should find; [n] `weights` of the seeds, then of the `words`. `refused`: texts to avoid."""

    space: Space
    similarity: Similarity
    seeds: Targets
    weights: npt.NDArray[np.float32]
    dislikes: Targets
    negatives: Targets
    excluded: ExcludedRecordings = NOTHING
    words: tuple[Target, ...] = ()
    refused: tuple[Target, ...] = ()

    @property
    def only_words(self) -> bool:
        """Whether nothing but texts, read by their words, says what to find."""
        return bool(self.words) and not len(self.seeds.vectors)


class QueryMaker:
    """Makes queries. Not thread-safe."""

    def __init__(
        self,
        store: VectorStore,
        calibrator: Calibrator,
        spaces: Mapping[str, Space],
        selector: ModelSelector,
        words: Words | None = None,
    ) -> None:
        self._store = store
        self._calibrator = calibrator
        self._spaces = spaces
        self._selector = selector
        self._words = words

    def select(self, request: RecommendRequest) -> Selection:
        """Returns the models that answer. Raises `InvalidRequest`."""
        return self._select(request, self._store.status())

    def queries(self, request: RecommendRequest) -> tuple[list[Query], list[Warned]]:
        """Returns a query per answering model, and a warning for all that has no effect. Raises `InvalidRequest`."""
        status = self._store.status()
        selection = self._select(request, status)
        if not request.seeds:
            return [], [no_seeds()]
        missing = self._unread(request, selection.models)
        made = [self._query(request, self._spaces[model], status, missing) for model in selection.models]
        queries = [query for query in made if len(query.weights)]
        if not queries:
            return [], [*missing, *self._why_empty(request, status)]
        return queries, [*selection.warnings, *unused(request, selection.models, self._dimensions(status)), *missing]

    def _select(self, request: RecommendRequest, status: Status) -> Selection:
        """Returns the selection made earlier if there is one, otherwise a new one."""
        wanted = selection_input(request, self._spaces, self._dimensions(status))
        decided = request.answering
        if decided is None:
            return self._selector.select(wanted, status)
        spaces = [find_space(self._spaces, model, "answering.models") for model in decided.models]
        models = [space.model for space in spaces if space.collection in status]
        return Selection(models=models, warnings=decided.warnings, tracks={})

    def _dimensions(self, status: Status) -> dict[str, int]:
        """Returns the API dimension by model: of the stored vectors, else of the published checkpoint."""
        return {
            name: status[space.collection].dimension if space.collection in status else space.dimension
            for name, space in self._spaces.items()
        }

    def _query(self, request: RecommendRequest, space: Space, status: Status, warnings: list[Warned]) -> Query:
        state = status[space.collection]
        calibration = self._calibrator.of(space.collection, state)
        seeds, weights = self._seeds(request, space, state, calibration, warnings)
        where = f"negative_embeddings.{space.model}"
        avoided = (request.negative_embeddings or {}).get(space.model, ())
        negatives = _free([unit_vector(vector, where) for vector in avoided], calibration)
        dislikes = self._dislikes(request, space, calibration)
        excluded = self._excluded(request, space, seeds, dislikes)
        words, of_words = self._targets(request.seeds, space, state)
        avoid = [] if avoided else [Seed(text=text) for text in request.negative_texts]
        refused, _ = self._targets(avoid, space, state)
        weights = np.concatenate([weights, np.array(of_words, np.float32)])
        return Query(space, calibration.similarity, seeds, weights, dislikes, negatives, excluded, words, refused)

    def _targets(
        self, seeds: Sequence[Seed], space: Space, state: CollectionStatus
    ) -> tuple[tuple[Target, ...], list[float]]:
        """Returns what the texts among `seeds` look for, and their weights; nothing for a text not understood."""
        if self._words is None:
            return (), []
        texts = [seed for seed in seeds if seed.text is not None and seed.embedding is None]
        found = [(self._words.target(seed.text or "", space, state), seed.weight) for seed in texts]
        known = [(target, weight) for target, weight in found if target is not None]
        return tuple(target for target, _ in known), [weight for _, weight in known]

    def _unread(self, request: RecommendRequest, models: Sequence[str]) -> list[Warned]:
        """Returns what of the texts, to find and to avoid, has no effect."""
        if self._words is None:
            return []
        texts = [seed.text for seed in request.seeds if seed.text is not None and seed.embedding is None]
        found: list[Warned] = []
        for text in texts:
            found += self._words.warnings(text)
            if not self._words.read(text).understood:
                found.append(nothing_understood(text))
        in_words = [model for model in models if not (request.negative_embeddings or {}).get(model)]
        for text in request.negative_texts if in_words else ():
            problems = self._words.warnings(text)
            if problems or not self._words.read(text).understood:
                found.append(prompt_unused(text, in_words, problems))
        return found

    def _seeds(
        self,
        request: RecommendRequest,
        space: Space,
        state: CollectionStatus,
        calibration: Calibration,
        warnings: list[Warned],
    ) -> tuple[Targets, npt.NDArray[np.float32]]:
        weight: dict[str, float] = {}
        texts: list[Seed] = []
        for seed in request.seeds:
            if seed.embedding is None and seed.text is not None:
                continue
            if seed.embedding is None:
                weight[seed.track_id] = weight.get(seed.track_id, 0.0) + seed.weight
            elif len(seed.embedding) == state.dimension:
                texts.append(seed)
        hits = self._store.lookup(space.collection, list(weight))
        if len(hits.rows) < len(weight):
            warnings.append(seeds_missing(len(weight) - len(hits.rows), len(weight), space.model))
        free = _free([unit_vector(seed.embedding or [], "seeds.embedding") for seed in texts], calibration)
        weights = [*(weight[row.track_id] for row in hits.rows), *(seed.weight for seed in texts)]
        return targets([_known(hits, calibration), free], calibration.dimension), np.array(weights, np.float32)

    def _dislikes(self, request: RecommendRequest, space: Space, calibration: Calibration) -> Targets:
        groups = [self._store.lookup(space.collection, request.disliked_track_ids)]
        if request.disliked_artist_ids and request.dislike_strength > 0:
            groups.append(self._store.by_artists(space.collection, request.disliked_artist_ids, MAX_DISLIKED))
        return targets([_known(group, calibration) for group in groups], calibration.dimension)

    def _excluded(
        self, request: RecommendRequest, space: Space, seeds: Targets, dislikes: Targets
    ) -> ExcludedRecordings:
        """Returns what may not repeat: songs of the seeds and of the list so far, recordings of the rest."""
        listed = self._store.lookup(space.collection, request.listed_track_ids)
        excluded_hits = self._store.lookup(space.collection, request.exclude_track_ids[:MAX_EXCLUDED])
        groups = [(seeds.tracks, True), (listed, True), (dislikes.tracks, False), (excluded_hits, False)]
        return ExcludedRecordings.of([(group.rows, group.vectors, songs) for group, songs in groups if group.rows])

    def _why_empty(self, request: RecommendRequest, status: Status) -> list[Warned]:
        """Explains why no model answers, for the models asked for or for those that hold anything."""

        def count(space: Space) -> int:
            return status[space.collection].count if space.collection in status else 0

        models = [model for model in request.models or [self._selector.default] if model in self._spaces]
        warnings = [model_empty(model) for model in models if not count(self._spaces[model])]
        tracks = {seed.track_id for seed in request.seeds if seed.embedding is None and seed.text is None}
        for model, space in self._spaces.items():
            missing = len(tracks) - len(self._store.held(space.collection, list(tracks)))
            if missing and count(space):
                warnings.append(seeds_missing(missing, len(tracks), model))
        return warnings


def targets(parts: Sequence[Targets], dimension: int) -> Targets:
    """Combine several groups of targets."""
    filled = [part for part in parts if len(part.vectors)]
    if not filled:
        return Targets(np.zeros((0, dimension), np.float32))
    if len(filled) == 1:
        return filled[0]
    return Targets(
        np.concatenate([part.vectors for part in filled]),
        tuple(similarity for part in filled for similarity in part.similarity),
        tuple(row for part in filled for row in part.rows),
    )


def _known(hits: SearchHits, calibration: Calibration) -> Targets:
    """Targets for tracks of the collection, which share its similarity."""
    return Targets(hits.vectors, (calibration.similarity,) * len(hits.rows), tuple(hits.rows))


def _free(vectors: Sequence[Vectors], calibration: Calibration) -> Targets:
    """Targets for vectors that belong to no track, each with its own similarity."""
    if not vectors:
        return targets([], calibration.dimension)
    stored = unit(project(np.stack(vectors), calibration.dimension))
    similarity = tuple(similarity_to_query(vector, calibration.sample) for vector in stored)
    return Targets(stored, similarity, (None,) * len(stored))


def unit_vector(values: Sequence[float], where: str) -> Vectors:
    """Returns a [dim] float32 vector of length 1. Raises `InvalidRequest` if the vector has no direction."""
    vector = np.asarray(values, np.float32)
    length = float(np.linalg.norm(vector))
    if not math.isfinite(length) or length == 0:
        raise InvalidRequest(f"{where}: expected a vector of finite length above 0", {"field": where})
    scaled: Vectors = vector / np.float32(length)
    return scaled
