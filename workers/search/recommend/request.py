"""What a `recommend` call asks for. The gateway has judged it already; other callers are judged here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from broker.vectors import Vectors
from contract.errors import InvalidRequest

#: Most tracks of an answer.
MAX_LIMIT = 500


def _finite(values: Any) -> Any:
    if not isinstance(values, list | tuple) or not values:
        raise ValueError("a list of numbers is expected")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError("finite numbers are expected")
    return values


def _empty_for_null(value: Any) -> Any:
    return [] if value is None else value


A = TypeVar("A", bound=BaseModel)
Factor = Annotated[float, Field(ge=0, le=1)]
Factors = Annotated[dict[str, Factor], BeforeValidator(lambda value: value or {})]
Vector = Annotated[list[float], BeforeValidator(_finite)]
Ids = Annotated[list[str], BeforeValidator(_empty_for_null)]


class Seed(BaseModel):
    """A track that the answer shall be like, or, with `embedding`, a text."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    track_id: str = ""
    weight: float = Field(1.0, ge=0, allow_inf_nan=False)
    embedding: Vector | None = None


class Answering(BaseModel):
    """The answer of `models.select`, handed on: which models answer, and what to say about the others."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    models: list[str]
    warnings: list[str] = []


class Ask(BaseModel):
    """The request. Fields and defaults are those of `POST /playlist/{mode}`; unknown ones are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    limit: int = Field(25, ge=1, le=MAX_LIMIT)
    seeds: Annotated[list[Seed], BeforeValidator(_empty_for_null)] = []
    diversity: float = Field(0.0, ge=0, le=1)
    exclude_track_ids: Ids = []
    #: What the list holds already that the answer goes on: none of these songs comes again.
    listed_track_ids: Ids = []
    library_ids: Annotated[list[int], BeforeValidator(_empty_for_null)] = []
    disliked_track_ids: Ids = []
    disliked_artist_ids: Ids = []
    dislike_strength: float = Field(0.0, ge=0, le=1)
    models: list[str] | None = None
    merge_strategy: Literal["union", "intersection", "priority"] = "union"
    model_priorities: Annotated[dict[str, int], BeforeValidator(lambda value: value or {})] = {}
    min_model_agreement: int = Field(1, ge=1)
    negative_prompt_penalty: float = Field(0.85, ge=0.3, le=1)
    negative_embeddings: Annotated[dict[str, list[Vector]], BeforeValidator(lambda value: value or {})] = {}
    #: What the scores of an album's or artist's tracks are multiplied by.
    album_factors: Factors = {}
    artist_factors: Factors = {}
    #: The only models that may answer; None: all.
    among: list[str] | None = None
    #: Decided before, because prompts had to be embedded for the models that answer.
    answering: Answering | None = None


def parse_ask(params: Mapping[str, Any]) -> Ask:
    """The request of a call's params. Raises `InvalidRequest` with the first bad field's path."""
    return parse(Ask, params)


def parse(kind: type[A], params: Mapping[str, Any]) -> A:
    """Params as `kind`. Raises `InvalidRequest` with the first bad field's path."""
    try:
        return kind.model_validate(dict(params))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise InvalidRequest(f"{field}: {first['msg']}", {"field": field}) from None


def unit_vector(values: list[float], where: str) -> Vectors:
    """[dim] float32 of length 1. Raises `InvalidRequest` for a vector without a direction."""
    vector = np.asarray(values, np.float32)
    length = float(np.linalg.norm(vector))
    if not math.isfinite(length) or length == 0:
        raise InvalidRequest(f"{where}: a vector of finite length above 0 is expected", {"field": where})
    scaled: Vectors = vector / np.float32(length)
    return scaled
