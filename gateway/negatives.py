"""Negative prompts of a playlist request: their vectors in every model that is searched, as far as time allows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from broker.errors import MeshError, TextUnavailable
from gateway.catalogue import AUTO, Catalogue
from gateway.mesh import Mesh
from gateway.schemas.playlist import PlaylistRequest
from gateway.texts import TextVectors

#: Models that SONICMESH_DEFAULT_MODEL=auto chooses from: the first where it has vectors, else the second.
AUTO_MODELS = ("muq", "spectral")
#: Seconds that the search may take to tell which models have vectors.
STATUS_TIMEOUT = 0.5

Vectors = list[list[float]]


async def searched_models(request: PlaylistRequest, catalogue: Catalogue, mesh: Mesh) -> list[str]:
    """The models that will be searched: those asked for, found by the length of a text seed, or the default."""
    if request.models:
        return list(dict.fromkeys(request.models))
    known = await catalogue.known()
    lengths = {len(seed.embedding) for seed in request.seeds if seed.embedding is not None}
    by_length = [model.name for model in known.values() if model.dimension in lengths]
    if by_length:
        return by_length
    if catalogue.default_model != AUTO:
        return [catalogue.default_model]
    return [await _automatic(mesh)]


async def _automatic(mesh: Mesh) -> str:
    """What the search takes where nobody chose."""
    best, other = AUTO_MODELS
    try:
        reply = await mesh.call("search", "store.status", timeout=STATUS_TIMEOUT)
    except MeshError:
        return other
    return best if reply.result["models"].get(best, {}).get("count") else other


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
