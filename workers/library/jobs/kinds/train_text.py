"""`train_text`: teaches a model the words of the library's own tags, in a separate process."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from broker.client import MeshClient
from contract.embedding import embedding_service
from contract.errors import Internal, MeshError, error_from_wire
from contract.jobs import JobStatus, TrainOptions
from contract.mesh import ManagementClient
from contract.message import Nothing
from contract.worker import LoadRequest, PrivateWorkerClient, worker_service
from workers.library.jobs.context import Context, Interrupted
from workers.library.jobs.kinds.kind import Kind
from workers.library.jobs.records import COMPLETED
from workers.library.jobs.steps import StepProgress
from workers.library.jobs.work import Work
from workers.models.training.child import TrainingProcess

#: The name of each stage for people.
STAGES: Final[Mapping[str, str]] = {
    "tags": "reading tags",
    "vectors": "reading vectors",
    "words": "reading words",
    "learn": "learning",
}
#: Seconds that a worker may take to unload.
UNLOAD_SECONDS: Final = 10.0

log = logging.getLogger(__name__)


class TrainText(Kind[TrainOptions]):
    """Runs beside embedding jobs. An interrupted training starts over: nothing is kept until it ends."""

    name = "train_text"
    options = TrainOptions
    thread = "training"
    never_pauses = "training cannot pause; `jobs.cancel` ends it and leaves everything unchanged"

    def __init__(self, context: Context) -> None:
        self._context = context

    def check(self, request: TrainOptions) -> None:
        """Raise `InvalidRequest` if the model is unknown or needs no training, `TextUnavailable` without torch."""
        from workers.models.training.possible import check_possible  # late: it looks for torch's packages

        check_possible(request.model)

    def run(self, work: Work) -> JobStatus:
        work.begin()
        options = self.wanted(work.job)
        self.check(options)
        result = _TrainingRun(work).result(options)
        result["restart"] = let_go(work.context.client, options.model)
        work.result = result
        return COMPLETED


class _TrainingRun:
    """Follows a training until it ends, in the job's thread."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._last: dict[str, Any] = {}
        self._code: int | None = None

    def result(self, options: TrainOptions) -> dict[str, Any]:
        """Return the measurements. Raises the error that the training ended with, `Interrupted` if it was stopped."""
        control = self._work.context.control
        process = TrainingProcess(
            options.model,
            options.encoder,
            lambda document: control.post(lambda: self._told(document)),
            lambda code: control.post(lambda: self._over(code)),
        )
        try:
            while self._code is None:
                if control.interrupted:
                    raise Interrupted
                self._work.tick()
                control.wait()
        finally:
            process.end()
        if "result" in self._last:
            return dict(self._last["result"])
        if "error" in self._last:
            raise error_from_wire(self._last["error"])
        raise Internal(f"the training process ended with exit code {self._code} and no result")

    def _told(self, document: dict[str, Any]) -> None:
        self._last = document
        if "stage" in document:
            steps = self._work.tally
            assert isinstance(steps, StepProgress)
            steps.at(STAGES.get(document["stage"], document["stage"]), document["done"], document["total"])

    def _over(self, code: int) -> None:
        self._code = code


def let_go(client: MeshClient, model: str) -> list[str]:
    """Make the model's workers unload, so that they read the new file with the next text.

    Returns the workers that did not answer and must be restarted: each name with the reason.
    """
    service = embedding_service(model)
    silent = []
    for worker in ManagementClient(client).workers(Nothing(), timeout=UNLOAD_SECONDS).workers:
        if worker.service == service:
            name = worker.worker
            try:
                PrivateWorkerClient(client, worker_service(name)).unload(LoadRequest(), timeout=UNLOAD_SECONDS)
            except MeshError as error:
                silent.append(f"{name} ({error.message})")
    return silent
