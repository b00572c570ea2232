"""Chooses which models answer a request, and explains why others do not.

Among the models that can answer, a model is *ready* if it holds at least half of what the fullest holds, in tracks and
in seed weight. The ready ones among those asked for answer; if none is ready, one *fallback model* does. Lists, paths,
mixes and texts all use this choice, so that a model whose job has just begun spoils none of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from contract.errors import InvalidRequest
from contract.search import DEFAULT_PRIORITIES, MAX_TEXT_SEEDS, RecommendRequest, Selection
from contract.settings import AUTO
from workers.models.registry import FOREIGN_MODELS
from workers.search.recommend.warnings import (
    FEW_SEEDS,
    NO_SEED,
    NO_VECTORS,
    NOT_HERE,
    Reason,
    holds_too_little,
    of_selection,
)
from workers.search.settings import SearchSettings
from workers.search.spaces import AUTO_FIRST, Space, find_space
from workers.search.store.vector_store import CollectionStatus, VectorStore, Where

#: A model is ready if no other holds more than this many times its tracks or its seeds' weight.
READY_FACTOR: Final = 2
#: The same weights summed in another order differ by less than this share.
ROUNDING: Final = 1e-9
Status = Mapping[str, CollectionStatus]


@dataclass(frozen=True, slots=True)
class SelectionInput:
    """What the choice depends on. `asked`: models, in order; `named`: whether the caller chose them.

    `track_seeds`: weight by track id; `text_seeds`: weight by dimension; `words`: weight of texts that
    every model can look for; `seeds_count` False: only tracks count.
    `among`: the only models that may answer, None for all.
    """

    asked: Sequence[str] = ()
    named: bool = False
    track_seeds: Mapping[str, float] = field(default_factory=dict)
    text_seeds: Mapping[int, float] = field(default_factory=dict)
    words: float = 0.0
    seeds_count: bool = True
    least_seeds: int = 1
    libraries: frozenset[int] = frozenset()
    among: frozenset[str] | None = None


def selection_input(
    request: RecommendRequest, spaces: Mapping[str, Space], dimensions: Mapping[str, int]
) -> SelectionInput:
    """Build the question of a list. If no models are named, the length of the text seeds determines which are asked.

    `dimensions` by model. Raises `InvalidRequest` for an unknown name or length.
    """
    _check(request, spaces, dimensions)
    flat = not any(seed.weight for seed in request.seeds)
    track_seeds: dict[str, float] = {}
    text_seeds: dict[int, float] = {}
    words = 0.0
    for seed in request.seeds:
        weight = 1.0 if flat else seed.weight
        if seed.embedding is None and seed.text is not None:
            words += weight
        elif seed.embedding is None:
            track_seeds[seed.track_id] = track_seeds.get(seed.track_id, 0.0) + weight
        else:
            text_seeds[len(seed.embedding)] = text_seeds.get(len(seed.embedding), 0.0) + weight
    by_length = [model for model in spaces if dimensions[model] in text_seeds]
    return SelectionInput(
        asked=request.models or by_length,
        named=bool(request.models),
        track_seeds=track_seeds,
        text_seeds=text_seeds,
        words=words,
        seeds_count=bool(request.seeds),
        libraries=frozenset(request.library_ids),
        among=None if request.among is None else frozenset(request.among),
    )


def _check(request: RecommendRequest, spaces: Mapping[str, Space], dimensions: Mapping[str, int]) -> None:
    for place, name in enumerate(request.models or ()):
        _check_name(spaces, name, f"models.{place}")
    for name in request.model_priorities.keys() - DEFAULT_PRIORITIES.keys():
        _check_name(spaces, name, "model_priorities")
    if sum(seed.text is not None and seed.embedding is None for seed in request.seeds) > MAX_TEXT_SEEDS:
        raise InvalidRequest(
            f"seeds: at most {MAX_TEXT_SEEDS} of them may be texts", {"field": "seeds", "reason": "too many texts"}
        )
    for place, seed in enumerate(request.seeds):
        if seed.embedding is not None and len(seed.embedding) not in dimensions.values():
            raise _wrong_length(f"seeds.{place}.embedding", len(seed.embedding), dimensions)
    for name, vectors in (request.negative_embeddings or {}).items():
        _check_name(spaces, name, "negative_embeddings")
        for place, vector in enumerate(vectors):
            if name not in FOREIGN_MODELS and len(vector) != dimensions[name]:
                raise _wrong_length(f"negative_embeddings.{name}.{place}", len(vector), {name: dimensions[name]})


def _check_name(spaces: Mapping[str, Space], name: str, where: str) -> None:
    if name not in FOREIGN_MODELS:
        find_space(spaces, name, where)


def _wrong_length(where: str, length: int, dimensions: Mapping[str, int]) -> InvalidRequest:
    lengths = ", ".join(f"{name} {dimension}" for name, dimension in dimensions.items())
    return InvalidRequest(
        f"{where}: {length} values fit no model; the models have {lengths}",
        {"field": where, "reason": "wrong length", "allowed": dict(dimensions)},
    )


@dataclass(frozen=True, slots=True)
class ModelCoverage:
    """What a model holds of a request: tracks a list may name, seeds, and the weight of those seeds."""

    model: str
    tracks: int
    seeds: int
    weight: float


@dataclass(frozen=True, slots=True)
class Preference:
    """The order of fallback candidates: `default` models first, then those `enabled`."""

    default: Sequence[str]
    enabled: Sequence[str]


def able(coverages: Collection[ModelCoverage], least_seeds: int = 1) -> list[ModelCoverage]:
    """Returns the models that can answer: they hold a track and at least `least_seeds` of the seeds."""
    return [coverage for coverage in coverages if coverage.tracks > 0 and coverage.seeds >= least_seeds]


def ready(coverages: Collection[ModelCoverage]) -> list[ModelCoverage]:
    """Returns the models that can answer, unless another one holds more than twice as much."""
    tracks = max((coverage.tracks for coverage in coverages), default=0)
    weight = max((coverage.weight for coverage in coverages), default=0.0) * (1 - ROUNDING)
    return [
        coverage
        for coverage in coverages
        if tracks <= READY_FACTOR * coverage.tracks and weight <= READY_FACTOR * coverage.weight
    ]


def fallback(coverages: Sequence[ModelCoverage], preference: Preference) -> ModelCoverage | None:
    """Returns the model that answers if none asked for is ready; None if `coverages` (all able) is empty."""
    candidates = {coverage.model: coverage for coverage in ready(coverages)}
    for model in (*preference.default, *preference.enabled):
        if model in candidates:
            return candidates[model]
    if candidates:
        return max(candidates.values(), key=lambda coverage: coverage.tracks)
    return max(coverages, key=lambda coverage: (coverage.weight, coverage.tracks), default=None)


class ModelSelector:
    """Chooses models by what the store holds. Not thread-safe: used by the compute thread."""

    def __init__(self, store: VectorStore, spaces: Mapping[str, Space], settings: SearchSettings) -> None:
        self._store = store
        self._spaces = spaces
        self._settings = settings

    @property
    def default(self) -> str:
        """The model for requests that name none, while nothing has been embedded yet."""
        return self._preference.default[-1]

    @property
    def _preference(self) -> Preference:
        """The default may change at run time, once another model's vectors are complete."""
        settings = self._settings
        auto = AUTO_FIRST, settings.built_in
        return Preference(auto if settings.default_model == AUTO else (settings.default_model,), settings.models)

    def select(self, wanted: SelectionInput, status: Status) -> Selection:
        """Returns the models that answer; empty if none can. `status` is that of the store."""
        coverages = {coverage.model: coverage for coverage in self._coverages(wanted, status)}
        candidates = able(coverages.values(), wanted.least_seeds)
        at_hand = {coverage.model for coverage in ready(candidates)}
        chosen = [model for model in dict.fromkeys(wanted.asked) if model in at_hand]
        instead = None if chosen else fallback(candidates, self._preference)
        models = chosen or ([instead.model] if instead else [])
        left_out = _left_out(wanted.asked, models, coverages) if wanted.named and models else {}
        warnings = of_selection(left_out, models[0], models[0] in wanted.asked) if left_out else []
        tracks = {model: coverage.tracks for model, coverage in coverages.items()}
        return Selection(models=models, warnings=warnings, tracks=tracks)

    def _coverages(self, wanted: SelectionInput, status: Status) -> Iterable[ModelCoverage]:
        filled = {
            model: status[space.collection]
            for model, space in self._spaces.items()
            if space.collection in status
            and status[space.collection].count
            and (wanted.among is None or model in wanted.among)
        }
        for model, state in filled.items():
            if len(filled) == 1:  # nothing to compare with: gaps show when the list is made
                yield ModelCoverage(model, state.count, wanted.least_seeds, 0.0)
            else:
                yield self._coverage(wanted, self._spaces[model], state)

    def _coverage(self, wanted: SelectionInput, space: Space, state: CollectionStatus) -> ModelCoverage:
        tracks = self._store.count(space.collection, Where(libraries=wanted.libraries))
        if not wanted.seeds_count:
            return ModelCoverage(space.model, tracks, wanted.least_seeds, 0.0)
        held = self._store.held(space.collection, list(wanted.track_seeds))
        text = wanted.text_seeds.get(state.dimension)
        weight = sum(wanted.track_seeds[track_id] for track_id in held) + (text or 0.0) + wanted.words
        return ModelCoverage(space.model, tracks, len(held) + (text is not None) + (wanted.words > 0), weight)


def _left_out(
    asked: Sequence[str], answering: Sequence[str], coverages: Mapping[str, ModelCoverage]
) -> dict[str, Reason]:
    """Returns the reason for each model that was asked for and does not answer."""
    return {model: _why_not(model, coverages, answering) for model in dict.fromkeys(asked) if model not in answering}


def _why_not(model: str, coverages: Mapping[str, ModelCoverage], answering: Sequence[str]) -> Reason:
    if model in FOREIGN_MODELS:
        return NOT_HERE
    held = coverages.get(model)
    if held is None or not held.tracks:
        return NO_VECTORS
    if not held.seeds:
        return NO_SEED
    if READY_FACTOR * held.tracks < max(other.tracks for other in coverages.values()):
        best = coverages[answering[0]]
        return holds_too_little(held.tracks, best.model, best.tracks)
    return FEW_SEEDS
