"""Which models a requested job uses: the usable ones, or the enabled models in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from broker.client import MeshClient
from contract.warnings import Warned, WarningCode
from workers.library.jobs.automatic import no_worker, unavailable
from workers.library.jobs.served import served_models
from workers.models.registry import FOREIGN_MODELS

#: Seconds that the broker may take to name its workers.
ASK_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The models of a job, why others are left out, and whether stand-ins replace all requested ones.

    `message` says in one line which models stand in; "" if none does.
    """

    usable: tuple[str, ...]
    warnings: list[Warned]
    replaced: bool = False
    message: str = ""


def choose_models(client: MeshClient, asked: Sequence[str], enabled: Sequence[str], *, stand_in: bool) -> ModelChoice:
    """Choose the models of a job.

    `stand_in`: use the `enabled` models if none of `asked` can be used and none of them is enabled.
    """
    problems = {model: f"{model} is not a model of this server" for model in asked if model in FOREIGN_MODELS}
    # The broker waits for a model that left a moment ago, the job for an enabled one that has yet to start.
    served = served_models(client, ASK_SECONDS)
    absent = [model for model in asked if model not in {*served, *enabled, *problems}]
    problems |= {model: no_worker(model) for model in absent}
    problems |= unavailable(client, [model for model in asked if model not in problems])
    usable = tuple(model for model in asked if model not in problems)
    if usable or not stand_in or set(asked) & set(enabled):
        return ModelChoice(usable, _unusable(problems))
    more = unavailable(client, enabled)
    others = tuple(model for model in enabled if model not in more)
    if not others:
        return ModelChoice((), [*_unusable(problems), *_unusable(more)])
    message = (
        f"{' and '.join(others)} embeds what is missing, in place of {', '.join(asked)}, "
        "which cannot be used on this server"
    )
    replaced = Warned(code=WarningCode.MODEL_REPLACED, message=message, detail={"models": list(others)})
    return ModelChoice(others, [replaced, *_unusable(problems)], replaced=True, message=message)


def _unusable(problems: Mapping[str, str]) -> list[Warned]:
    return [
        Warned(code=WarningCode.MODEL_UNUSABLE, message=reason, detail={"model": model})
        for model, reason in problems.items()
    ]
