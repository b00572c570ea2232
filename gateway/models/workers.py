"""Model status as people see it: from the registry and from the running workers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from contract.embedding import Description, embedding_service
from contract.errors import MeshError, ModelUnavailable, NotFound
from contract.library import KnownModel
from contract.mesh import WorkerRow
from contract.message import Nothing
from contract.operation import Operation
from contract.search import WordsStatus
from contract.worker import Accepted, AsyncPrivateWorkerClient, LoadRequest, Stats, worker_service
from gateway.mesh import MeshConnection, Workers
from gateway.models.directory import ModelDirectory

#: Seconds that one worker's I/O thread may take to answer.
WORKER_SECONDS: Final = 1.0

Status = Literal["available", "stub", "unavailable"]
#: Statuses of usable models.
USABLE: Final = frozenset({"available", "stub"})

#: A worker's current stats or, if it does not answer in time, what it said when it registered.
Said = Stats | WorkerRow


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One model of `GET /models`, running or not. `memory_bytes` is the sum over its workers."""

    name: str
    dimension: int
    status: Status
    description: str
    loaded: bool
    workers: int
    device: str | None
    license: str
    text: bool
    enabled: bool
    memory_bytes: int
    reason: str | None
    text_reason: str | None
    text_by: str | None = None


@dataclass(frozen=True, slots=True)
class Ordered:
    """The workers that accepted an order."""

    name: str
    accepted: bool
    workers: list[str]


class ModelWorkers:
    """The workers of models."""

    def __init__(self, mesh: MeshConnection, directory: ModelDirectory) -> None:
        self._mesh = mesh
        self._directory = directory

    async def models(self) -> list[ModelStatus]:
        """Return the status of each known model, in registry order. Raises `MeshError` if no models are known yet."""
        names = await self._directory.models()
        away: str | None = None
        try:
            workers: Workers = await self._mesh.workers()
        except MeshError as error:
            workers, away = {}, error.message
        asked = asyncio.gather(*(self._ask(workers.get(embedding_service(name), ())) for name in names))
        said, words = await asyncio.gather(asked, self._directory.words())
        running = self._directory.running
        described = [
            _in_words(_described(m, each, running.get(m.name)), words)
            for m, each in zip(names.values(), said, strict=True)
        ]
        return [replace(each, reason=away) for each in described] if away else described

    async def model(self, name: str) -> ModelStatus:
        """Return the status of one model. Raises `NotFound`."""
        for model in await self.models():
            if model.name == name:
                return model
        raise _unknown(name, list(await self._directory.models()))

    async def _ask(self, workers: Sequence[WorkerRow]) -> list[Said]:
        return await asyncio.gather(*(self._stats(worker) for worker in workers))

    async def _stats(self, worker: WorkerRow) -> Said:
        if worker.foreign:
            return worker
        try:
            return await self._worker(worker.worker).stats(Nothing(), timeout=WORKER_SECONDS)
        except MeshError:
            return worker

    async def order(self, name: str, operation: Operation[LoadRequest, Accepted]) -> Ordered:
        """Load or unload a model in all its workers. Raises `NotFound`, `ModelUnavailable`."""
        known = await self._directory.models()
        if name not in known:
            raise _unknown(name, list(known))
        workers = (await self._mesh.workers()).get(embedding_service(name), ())
        if not workers:
            raise ModelUnavailable(f"no worker of {name} is running here; start one first", {"model": name})
        names = [worker.worker for worker in workers]
        request = LoadRequest(reason="request")
        calls = (operation.of(self._worker(each))(request, timeout=WORKER_SECONDS) for each in names)
        await asyncio.gather(*calls)
        return Ordered(name, True, names)

    def _worker(self, name: str) -> AsyncPrivateWorkerClient:
        return AsyncPrivateWorkerClient(self._mesh, worker_service(name))


def _unknown(name: str, known: Sequence[str]) -> NotFound:
    return NotFound(f"there is no model {name[:80]!r}; the models are {', '.join(known)}")


def _described(model: KnownModel, workers: Sequence[Said], said: Description | None) -> ModelStatus:
    """Combine the registry, the workers' figures, and the description that one worker `said`."""
    reason = _reason(model, workers, said)
    stub = said is not None and said.text_status == "stub"
    return ModelStatus(
        name=model.name,
        dimension=(said and said.dimension) or model.dimension,
        status="unavailable" if reason else "stub" if stub else "available",
        description=model.description,
        loaded=any(worker.loaded for worker in workers),
        workers=len(workers),
        device=next((worker.device for worker in workers if worker.device), None),
        license=model.license,
        text=model.text if said is None else said.text,
        enabled=model.enabled,
        memory_bytes=sum(worker.memory_bytes or 0 for worker in workers),
        reason=reason,
        text_reason=(said and said.text_reason) or None,
    )


def _in_words(model: ModelStatus, words: WordsStatus) -> ModelStatus:
    """Add how a model without a text side has its texts read, and whose licence that carries."""
    if model.text:
        return replace(model, text_by="model")
    if model.name not in words.models:
        return model
    by_labels = f"words, by the labels of {words.heard} and the tags of {words.tracks} tracks"
    by_meaning = words.lacking or f"by meaning with all-MiniLM-L6-v2 ({words.license})"
    return replace(model, text=True, text_reason=None, text_by=f"{by_labels}; {by_meaning}")


def _reason(model: KnownModel, workers: Sequence[Said], said: Description | None) -> str | None:
    """Return why a model cannot be used, or None if it can. One usable worker is enough."""
    if not workers:
        return "no worker of it is running" if model.enabled else "not enabled (SONICMESH_MODELS)"
    reasons = [worker.reason or "" for worker in workers]
    if all(reasons):
        return reasons[0]
    if len(workers) == 1 and said is not None and said.status == "unavailable":
        return said.reason or "its worker says that it is unavailable"
    return None
