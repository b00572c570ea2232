"""When embedding jobs start automatically: which models have work, and which of them are usable now."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import TimeoutError as NotYet
from typing import Final

from broker.client import MeshClient
from contract.embedding import Description, EmbeddingClient, embedding_service
from contract.errors import MeshError, NoWorker
from contract.message import Nothing
from workers.library.jobs.context import Context
from workers.library.jobs.due import RETRY_SECONDS, DueRule, due
from workers.library.jobs.ledger import Ledger
from workers.library.jobs.records import FAILED, EmbedOptions, Job

#: Seconds that a model may take to describe itself. One that is late is busy, but available.
DESCRIBE_SECONDS: Final = 2.0


#: Seconds between two looks for work if nothing changed: failures may be due again.
LOOK_SECONDS: Final = 120.0
#: Seconds before asking a model that did not answer again, if it has work.
ASK_AGAIN_SECONDS: Final = 2.0


def pause_after(in_a_row: int) -> float:
    """Return the seconds until the next look for work after `in_a_row` automatic jobs: 0 at first, then doubling."""
    return 0.0 if in_a_row < 2 else min(2.0 ** min(in_a_row - 2, 10), LOOK_SECONDS)


class AutomaticJobs:
    """Decides when the next embedding job starts automatically, and with which models."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._look_at = 0.0
        #: Consecutive automatic jobs that no change of the library triggered. A job that did nothing counts twice.
        self._in_a_row = 0

    def look(self) -> None:
        """Note that the library changed: look for work at once."""
        with self._lock:
            self._look_at, self._in_a_row = 0.0, 0

    def due(self) -> list[str]:
        """Return the models of a job for new, changed or due tracks; empty if automatic jobs are off or not due yet."""
        if not self._context.settings.auto_embed or time.monotonic() < self._look_at:
            return []
        models, silent = models_with_work(self._context)
        self._look_at = time.monotonic() + (ASK_AGAIN_SECONDS if silent else LOOK_SECONDS)
        return models

    def rest_after(self, job: Job) -> None:
        """Delay the next automatic job.

        Whatever an automatic job leaves undone, the next one would leave undone too, so the intervals grow.
        """
        with self._lock:
            if job.status == FAILED:
                self._look_at = time.monotonic() + RETRY_SECONDS
                return
            fruitless = job.summary is None or not job.summary.processed_operations
            self._in_a_row = self._in_a_row + 1 + fruitless if job.automatic else 0
            self._look_at = time.monotonic() + pause_after(self._in_a_row)


def models_with_work(context: Context) -> tuple[list[str], bool]:
    """Return the enabled models that are usable, if any of them has work, and whether one with work does not answer.

    The models without work come too: they will soon have some, because a running job takes up what is found.
    """
    options = EmbedOptions(context.settings.models, automatic=True)
    cancelled = context.jobs.cancelled()
    wanting = []
    for model in context.settings.models:
        memory = context.models.get(model)
        rule = DueRule(options, memory.model_id, time.time(), cancelled)
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
    """Return the reason for each model that cannot be used now. A model that is only busy is not included."""
    futures = {
        model: EmbeddingClient(client, embedding_service(model)).describe.submit(Nothing(), timeout=DESCRIBE_SECONDS)
        for model in models
    }
    reasons = {}
    for model, future in futures.items():
        try:
            reason = _reason(model, future.result(2 * DESCRIBE_SECONDS).value)
        except NoWorker:
            reason = no_worker(model)
        except (MeshError, NotYet):
            reason = ""
        if reason:
            reasons[model] = reason
    return reasons


def no_worker(model: str) -> str:
    """Say why a model without a worker cannot be used, and what to do."""
    return f"no worker of {model} is running; `sonicmesh scale {model}=1` starts one"


def _reason(model: str, described: Description) -> str:
    if described.status == "available":
        return ""
    return f"{model} cannot be used: {described.reason or 'its worker does not say why'}"
