"""Negative prompts: their vectors in every model that is searched, as far as time allows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from contract.errors import MeshError, TextUnavailable
from contract.search import AsyncSearchClient, RecommendRequest, Selection
from contract.warnings import Warned, WarningCode
from gateway.mesh import Mesh
from gateway.text.texts import TextVectors

Vectors = list[list[float]]


async def select_models(mesh: Mesh, request: RecommendRequest, timeout: float) -> Selection:
    """Which models will answer `request`: its `answering`. Raises what the search answers."""
    # What does not matter for the choice may be large.
    asked = replace(request, exclude_track_ids=[], disliked_track_ids=[])
    return await AsyncSearchClient(mesh).select(asked, timeout=timeout)


async def embed_prompts(
    prompts: Sequence[str], given: Mapping[str, Vectors], models: Sequence[str], texts: TextVectors, budget: float
) -> tuple[dict[str, Vectors], list[Warned]]:
    """`negative_embeddings` by model, those `given` included, and a warning for each model that is left out.

    Prompts are embedded side by side; after `budget` seconds the answer comes without those that are missing.
    """
    found = {model: vectors for model, vectors in given.items() if vectors}
    wanted = list(dict.fromkeys(prompt.strip() for prompt in prompts if prompt.strip()))
    missing = [model for model in models if model not in found] if wanted else []
    outcomes = await asyncio.gather(*(_embed(model, wanted, texts, budget) for model in missing))
    warnings = []
    for model, (vectors, problem) in zip(missing, outcomes, strict=True):
        if vectors:
            found[model] = vectors
        if problem:
            code = WarningCode.NEGATIVE_PROMPTS_UNUSED
            warnings.append(Warned(code=code, message=problem, detail={"model": model}))
    return found, warnings


async def _embed(model: str, prompts: Sequence[str], texts: TextVectors, budget: float) -> tuple[Vectors, str]:
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
        return vectors, ""
    share = "all" if not vectors else f"{len(reasons)} of {len(prompts)}"
    return vectors, f"{share} of negative_prompts had no effect in {model}: {reasons[0]}; try again in a while"
