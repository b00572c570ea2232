"""Asks whether a model finds room beside those that a job has at work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from contract.embedding import FitsRequest, embedding_service
from contract.errors import MeshError
from contract.message import Nothing
from contract.operation import INTERACTIVE
from workers.library.jobs.context import Context

#: Seconds that the broker may take to name a model's workers, and one of them to say whether it fits: it has nothing
#: else to do, and the models at work must not wait.
ASK_SECONDS: Final = 0.5


def fits_beside(context: Context, model: str, loaded: Sequence[str], others: Sequence[str]) -> bool | None:
    """Whether all workers of `model` find room while the models `loaded` and `others` stay; None where nobody can say
    now: no worker there, a busy one, one of those `others` not at its place in memory yet. Raises `Interrupted`.
    """
    service = embedding_service(model)
    try:
        listed = context.ask(context.broker.workers, Nothing(), timeout=ASK_SECONDS, lane=INTERACTIVE).workers
        hosts = Counter(worker.host for worker in listed if worker.service == service)
        if not hosts:
            return None
        request = FitsRequest(beside=[*loaded, *others], workers=max(hosts.values()))
        answer = context.ask(context.embedding(model).fits, request, timeout=ASK_SECONDS, lane=INTERACTIVE)
    except MeshError:
        return None
    if answer.fits and answer.needs_bytes and not set(others) <= set(answer.seen):
        return None
    return answer.fits
