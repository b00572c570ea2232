"""Negative prompts of a playlist request: their vectors in every model that is searched, as far as time allows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from contract.errors import MeshError, TextUnavailable
from gateway.mesh import Mesh
from gateway.playlist.schema import PlaylistRequest
from gateway.text.texts import TextVectors

#: Params that do not matter for the choice of models, and may be large.
WITHOUT = frozenset({"exclude_track_ids", "disliked_track_ids", "negative_prompts"})

Vectors = list[list[float]]


async def select_models(mesh: Mesh, params: Mapping[str, Any], timeout: float) -> dict[str, Any]:
    """Which models will answer `params` of `recommend`: its param `answering`. Raises what the search answers."""
    asked = {name: value for name, value in params.items() if name not in WITHOUT}
    reply = await mesh.call("search", "models.select", asked, timeout=timeout)
    return {"models": list(reply.result["models"]), "warnings": list(reply.result["warnings"])}


async def embed_prompts(
    request: PlaylistRequest, models: Sequence[str], texts: TextVectors, budget: float
) -> tuple[dict[str, Vectors], list[str]]:
    """`negative_embeddings` by model, those given included, and a warning for each model that is left out.

    Prompts are embedded side by side; after `budget` seconds the answer comes without those that are missing.
    """
    given: Mapping[str, Vectors] = request.negative_embeddings or {}
    found = {model: vectors for model, vectors in given.items() if vectors}
    prompts = list(dict.fromkeys(prompt.strip() for prompt in request.negative_prompts if prompt.strip()))
    missing = [model for model in models if model not in found] if prompts else []
    outcomes = await asyncio.gather(*(_embed(model, prompts, texts, budget) for model in missing))
    warnings = []
    for model, (vectors, warning) in zip(missing, outcomes, strict=True):
        if vectors:
            found[model] = vectors
        if warning:
            warnings.append(warning)
    return found, warnings


async def _embed(model: str, prompts: Sequence[str], texts: TextVectors, budget: float) -> tuple[Vectors, str | None]:
    """Vectors of those prompts that came in time, and why others did not."""
    outcomes = await asyncio.gather(
        *(texts.vector(model, prompt, budget) for prompt in prompts), return_exceptions=True
    )
    vectors: Vectors = []
    reasons: list[str] = []
    for outcome in outcomes:
        if isinstance(outcome, TextUnavailable):
            return [], f"negative_prompts had no effect in {model}: {outcome.message}"
        if isinstance(outcome, TimeoutError):
            reasons.append(f"it took longer than {budget:g} s")
        elif isinstance(outcome, MeshError):
            reasons.append(outcome.message)
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            vectors.append(outcome.numbers())
    if not reasons:
        return vectors, None
    share = "all" if not vectors else f"{len(reasons)} of {len(prompts)}"
    return vectors, f"{share} of negative_prompts had no effect in {model}: {reasons[0]}; try again in a while"
