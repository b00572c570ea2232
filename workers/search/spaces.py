"""The searchable spaces: one per model, each with its collection and its dimension at the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from contract.errors import InvalidRequest
from workers.models.registry import MODELS

#: With `SONICMESH_DEFAULT_MODEL=auto`: this model if it is ready, otherwise the built-in one.
AUTO_FIRST: Final = "muq"


@dataclass(frozen=True, slots=True)
class Space:
    """A model's space. `dimension` is that of the published checkpoint; stored vectors override it."""

    model: str
    collection: str
    dimension: int


def known_spaces() -> dict[str, Space]:
    """Returns the spaces of all registered models, by model."""
    return {model.name: Space(model.name, model.collection, model.dimension) for model in MODELS.values()}


def find_space(spaces: Mapping[str, Space], model: object, where: str = "model") -> Space:
    """Returns the space of `model`. Raises `InvalidRequest` that names the allowed ones."""
    if isinstance(model, str) and model in spaces:
        return spaces[model]
    raise InvalidRequest(
        f"{where}: there is no model {model!r}; the models are {', '.join(spaces)}",
        {"field": where, "allowed": list(spaces)},
    )
