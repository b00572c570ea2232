"""Warnings about a list: models that took no part, parts of the request without effect, and why the list is short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contract.search import RecommendRequest
from contract.warnings import Warned, WarningCode
from workers.models.registry import FOREIGN_MODELS

#: Prefix of the warning that tells a listener which model answered instead of those asked for.
FALLBACK_WARNING: Final = "Another model answered: "


@dataclass(frozen=True, slots=True)
class Reason:
    """Why models do not answer: a verb for one model, a verb for several, and the rest of the clause."""

    one: str
    several: str
    rest: str

    def of(self, models: Sequence[str]) -> str:
        """Returns the clause: "muq and mert have no vectors of this library yet"."""
        return f"{listed(models)} {self.one if len(models) == 1 else self.several} {self.rest}"


NOT_HERE: Final = Reason("is not", "are not", "on this server")
NO_VECTORS: Final = Reason("has", "have", "no vectors of this library yet")
NO_SEED: Final = Reason("has", "have", "none of the tracks that this list starts from")
FEW_SEEDS: Final = Reason("has", "have", "too few of the tracks that this list starts from")


def holds_too_little(tracks: int, best: str, most: int) -> Reason:
    """The model has `tracks`, `best` has `most`."""
    return Reason("has", "have", f"embedded only {tracks} tracks so far ({best}: {most})")


def of_selection(left_out: Mapping[str, Reason], answering: str, was_asked: bool) -> list[Warned]:
    """Warn a caller who named models about those that do not answer. `answering`: the first that does."""
    if not was_asked:
        return [_fallback(answering, left_out)]
    return [
        Warned(
            code=WarningCode.MODEL_LEFT_OUT,
            message=f"{reason.of([model])} and was left out",
            detail={"model": model},
        )
        for model, reason in left_out.items()
    ]


def _fallback(answering: str, left_out: Mapping[str, Reason]) -> Warned:
    """For a listener. It never contains the words that mark a short list."""
    models: dict[Reason, list[str]] = {}
    for model, reason in left_out.items():
        models.setdefault(reason, []).append(model)
    why = "; ".join(reason.of(named) for reason, named in models.items())
    missing = [model for model in left_out if model not in FOREIGN_MODELS]
    add = f" The owner of this server can add {listed(missing)}." if missing else ""
    return Warned(
        code=WarningCode.ANOTHER_MODEL,
        message=f"{FALLBACK_WARNING}{answering} instead of {listed(list(left_out))}, because {why}.{add}",
        detail={"model": answering, "instead_of": list(left_out)},
    )


def listed(names: Sequence[str]) -> str:
    """Join the names as a sentence does: "muq, mert and latent"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def no_seeds() -> Warned:
    """Nothing to start from."""
    return Warned(code=WarningCode.NO_SEEDS, message="no seeds: there is nothing to recommend from")


def model_empty(model: str) -> Warned:
    """The model has no vectors."""
    message = f"model {model} has no vectors yet: embed the library with it first"
    return Warned(code=WarningCode.MODEL_EMPTY, message=message, detail={"model": model})


def seeds_missing(missing: int, seeds: int, model: str) -> Warned:
    """Some of the seeds have no vector."""
    message = f"{missing} of {seeds} seeds have no embedding in {model}"
    return Warned(code=WarningCode.NO_VECTOR, message=message, detail={"model": model, "count": missing})


def ends_missing(tracks: Sequence[str], model: str) -> Warned:
    """These ends of a path have no vector."""
    message = f"no vector of {model} for {', '.join(tracks)}: embed it first"
    return Warned(code=WarningCode.NO_VECTOR, message=message, detail={"model": model, "count": len(tracks)})


def unused(request: RecommendRequest, models: Sequence[str], dimensions: Mapping[str, int]) -> list[Warned]:
    """Returns what in a request has no effect when these models are searched; `dimensions` by model."""
    warnings: list[Warned] = []
    names = ", ".join(models)
    used = {dimensions[model] for model in models}
    texts = sum(seed.embedding is not None and len(seed.embedding) not in used for seed in request.seeds)
    if texts:
        message = f"{texts} text seeds had no effect: none of {names} has their length"
        warnings.append(Warned(code=WarningCode.TEXT_SEEDS_UNUSED, message=message, detail={"count": texts}))
    others = [name for name, avoided in (request.negative_embeddings or {}).items() if avoided and name not in models]
    if others:
        message = f"negative_embeddings of {', '.join(others)} had no effect: {names} was searched"
        detail = {"models": others}
        warnings.append(Warned(code=WarningCode.NEGATIVE_EMBEDDINGS_UNUSED, message=message, detail=detail))
    foreign = [name for name in request.model_priorities if name in FOREIGN_MODELS]
    if foreign:
        message = f"model_priorities of {', '.join(foreign)} had no effect: no such model is on this server"
        warnings.append(Warned(code=WarningCode.PRIORITIES_UNUSED, message=message, detail={"models": foreign}))
    return warnings


def agreement_lowered(agreement: int, models: Sequence[str]) -> Warned:
    """Only `models` answered, fewer than the required agreement."""
    message = f"min_model_agreement {agreement} counts as {len(models)}: only {listed(models)} answered"
    return Warned(code=WarningCode.AGREEMENT_LOWERED, message=message, detail={"agreement": len(models)})


def short_list(found: int, wanted: int, reasons: Sequence[str]) -> Warned:
    """Fewer tracks than wanted, for these reasons."""
    message = f"{found} of {wanted} tracks: {'; '.join(reasons)}"
    return Warned(code=WarningCode.SHORT_LIST, message=message, detail={"found": found, "wanted": wanted})
