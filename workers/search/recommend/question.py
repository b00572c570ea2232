"""What the choice of models depends on in a request, and the checks of what it says of models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contract.errors import InvalidRequest
from workers.models.registry import FOREIGN_MODELS
from workers.search.recommend.request import Ask
from workers.search.spaces import Space, find_space


@dataclass(frozen=True, slots=True)
class Question:
    """What the choice depends on. `asked`: models, in order; `named`: whether the caller chose them.

    `track_seeds`: weight by track id; `text_seeds`: weight by dimension; `seeds_count` False: only tracks count.
    `among`: the only models that may answer, None: all.
    """

    asked: Sequence[str] = ()
    named: bool = False
    track_seeds: Mapping[str, float] = field(default_factory=dict)
    text_seeds: Mapping[int, float] = field(default_factory=dict)
    seeds_count: bool = True
    least_seeds: int = 1
    libraries: frozenset[int] = frozenset()
    among: frozenset[str] | None = None


def question_of(ask: Ask, spaces: Mapping[str, Space], dimensions: Mapping[str, int]) -> Question:
    """The question of a list. Without names, models are asked by the length of the text seeds.

    `dimensions` by model. Raises `InvalidRequest` for a name or a length that nobody knows.
    """
    _check(ask, spaces, dimensions)
    weights = [seed.weight for seed in ask.seeds]
    flat = not any(weights)
    track_seeds: dict[str, float] = {}
    text_seeds: dict[int, float] = {}
    for seed in ask.seeds:
        weight = 1.0 if flat else seed.weight
        if seed.embedding is None:
            track_seeds[seed.track_id] = track_seeds.get(seed.track_id, 0.0) + weight
        else:
            text_seeds[len(seed.embedding)] = text_seeds.get(len(seed.embedding), 0.0) + weight
    by_length = [model for model in spaces if dimensions[model] in text_seeds]
    return Question(
        asked=ask.models or by_length,
        named=bool(ask.models),
        track_seeds=track_seeds,
        text_seeds=text_seeds,
        seeds_count=bool(ask.seeds),
        libraries=frozenset(ask.library_ids),
        among=None if ask.among is None else frozenset(ask.among),
    )


def _check(ask: Ask, spaces: Mapping[str, Space], dimensions: Mapping[str, int]) -> None:
    for place, name in enumerate(ask.models or ()):
        _check_name(spaces, name, f"models.{place}")
    for name in ask.model_priorities:
        _check_name(spaces, name, "model_priorities")
    for place, seed in enumerate(ask.seeds):
        if seed.embedding is not None and len(seed.embedding) not in dimensions.values():
            raise _wrong_length(f"seeds.{place}.embedding", len(seed.embedding), dimensions)
    for name, vectors in ask.negative_embeddings.items():
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
        f"{where}: {length} values fit no model; lengths are {lengths}",
        {"field": where, "reason": "wrong length", "allowed": dict(dimensions)},
    )
