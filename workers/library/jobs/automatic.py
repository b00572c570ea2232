"""Which models have something to embed, and which of them can be used now."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import TimeoutError as NotYet
from typing import Final

from broker.client import MeshClient
from contract.embedding import Description, EmbeddingClient, embedding_service
from contract.errors import MeshError, NoWorker
from contract.message import Nothing
from workers.library.jobs.context import Context
from workers.library.jobs.ledger import Ledger
from workers.library.jobs.planner import Rule, due
from workers.library.jobs.records import Options

#: Seconds that a model may take to describe itself; a busy one is late, and there.
DESCRIBE_SECONDS: Final = 2.0


def models_with_work(context: Context) -> tuple[list[str], bool]:
    """The enabled models that are there, if any of them has something to do (then the others will soon: a job takes
    up what is found while it runs); and whether one that has does not answer.
    """
    options = Options(context.settings.models, automatic=True)
    held = context.jobs.cancelled()
    wanting = []
    for model in context.settings.models:
        memory = context.models.get(model)
        rule = Rule(options, memory.model_id, time.time(), held)
        if due(Ledger(context.state, model, memory.generation).joined(), rule)[0]:
            wanting.append(model)
    if not wanting:
        return [], False
    problems = unavailable(context.client, context.settings.models)
    silent = any(model in problems for model in wanting)
    if all(model in problems for model in wanting):
        return [], silent
    return [model for model in context.settings.models if model not in problems], silent


def unavailable(client: MeshClient, models: Sequence[str]) -> dict[str, str]:
    """The models that cannot be used now, and why. One that is only busy is not among them."""
    asked = {
        model: EmbeddingClient(client, embedding_service(model)).describe.submit(Nothing(), timeout=DESCRIBE_SECONDS)
        for model in models
    }
    found = {}
    for model, future in asked.items():
        try:
            reason = _reason(model, future.result(2 * DESCRIBE_SECONDS).value)
        except NoWorker:
            reason = no_worker(model)
        except (MeshError, NotYet):
            reason = ""
        if reason:
            found[model] = reason
    return found


def no_worker(model: str) -> str:
    """Why a model without a worker cannot be used, and what to do."""
    return f"no worker runs for {model}; `sonicmesh scale {model}=1` starts one"


def _reason(model: str, described: Description) -> str:
    if described.status == "available":
        return ""
    return f"{model} cannot be used: {described.reason or 'its worker does not say why'}"
