"""Negative prompts: embeds them in every searched model, within a time budget."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from contract.errors import MeshError, TextUnavailable
from contract.search import AsyncSearchClient, RecommendRequest, Selection
from contract.warnings import Warned, WarningCode
from gateway.mesh import MeshConnection
from gateway.text.texts import TextVectors

Vectors = list[list[float]]


async def select_models(mesh: MeshConnection, request: RecommendRequest, timeout: float) -> Selection:
    """Return which models will answer `request`, for its `answering`. Raises the errors of the search."""
    # Leave out what can be large and does not affect the choice.
    selection_request = replace(request, exclude_track_ids=[], disliked_track_ids=[])
    return await AsyncSearchClient(mesh).select(selection_request, timeout=timeout)


async def embed_prompts(
    prompts: Sequence[str], given: Mapping[str, Vectors], models: Sequence[str], texts: TextVectors, budget: float
) -> tuple[dict[str, Vectors], list[Warned]]:
    """Return `negative_embeddings` by model, including those `given`, and a warning for each model left out.

    Prompts are embedded in parallel; those not ready after `budget` seconds are left out.
    """
    embedded = {model: vectors for model, vectors in given.items() if vectors}
    wanted = list(dict.fromkeys(prompt.strip() for prompt in prompts if prompt.strip()))
    missing = [model for model in models if model not in embedded] if wanted else []
    outcomes = await asyncio.gather(*(_embed(model, wanted, texts, budget) for model in missing))
    warnings = []
    for model, (vectors, problem) in zip(missing, outcomes, strict=True):
        if vectors:
            embedded[model] = vectors
        if problem:
            code = WarningCode.NEGATIVE_PROMPTS_UNUSED
            warnings.append(Warned(code=code, message=problem, detail={"model": model}))
    return embedded, warnings


async def _embed(model: str, prompts: Sequence[str], texts: TextVectors, budget: float) -> tuple[Vectors, str]:
    """Return the vectors of the prompts embedded in time, and why others are missing."""
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
        return vectors, ""
    share = "all" if not vectors else f"{len(reasons)} of {len(prompts)}"
    return vectors, f"{share} of negative_prompts had no effect in {model}: {reasons[0]}; try again in a while"
