"""The models as people see them: what the registry says, and what the workers that run say of themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from broker.errors import MeshError, ModelUnavailable, NotFound
from gateway.catalogue import Catalogue, ModelInfo
from gateway.mesh import Mesh, Workers

#: Seconds that one worker's I/O thread may take to answer.
WORKER_TIMEOUT = 1.0

Stats = Mapping[str, Any]


class Fleet:
    """Workers of models."""

    def __init__(self, mesh: Mesh, catalogue: Catalogue) -> None:
        self._mesh = mesh
        self._catalogue = catalogue

    async def models(self) -> list[dict[str, Any]]:
        """One map per known model, in the order of the registry. Raises where the models were never heard of."""
        known = await self._catalogue.models()
        try:
            workers: Workers = await self._mesh.workers()
        except MeshError:
            workers = {}
        stats = await asyncio.gather(*(self.stats(workers.get(f"embed.{name}", ())) for name in known))
        return [_described(model, each) for model, each in zip(known.values(), stats, strict=True)]

    async def model(self, name: str) -> dict[str, Any]:
        """As in `models`. Raises `NotFound`."""
        for model in await self.models():
            if model["name"] == name:
                return model
        raise NotFound(f"no model is called {name[:80]!r}; there are {', '.join(await self._catalogue.models())}")

    async def stats(self, workers: Sequence[Mapping[str, Any]]) -> list[Stats]:
        """`worker.stats` of each; of one that does not answer in time what it said when it registered."""
        return await asyncio.gather(*(self._stats(worker) for worker in workers))

    async def _stats(self, worker: Mapping[str, Any]) -> Stats:
        if worker.get("foreign"):
            return worker
        try:
            reply = await self._mesh.call(f"worker.{worker['worker']}", "worker.stats", timeout=WORKER_TIMEOUT)
        except MeshError:
            return worker
        return {**worker, **reply.result}

    async def order(self, name: str, op: str) -> dict[str, Any]:
        """`worker.load` or `worker.unload` to every worker of a model. Raises `NotFound`, `ModelUnavailable`."""
        known = await self._catalogue.models()
        if name not in known:
            raise NotFound(f"no model is called {name[:80]!r}; there are {', '.join(known)}")
        workers = (await self._mesh.workers()).get(f"embed.{name}", ())
        if not workers:
            raise ModelUnavailable(f"no worker of {name} runs here; start one first", {"model": name})
        names = [str(worker["worker"]) for worker in workers]
        calls = (self._mesh.call(f"worker.{each}", op, {"reason": "request"}, timeout=WORKER_TIMEOUT) for each in names)
        await asyncio.gather(*calls)
        return {"name": name, "accepted": True, "workers": names}


def _described(model: ModelInfo, workers: Sequence[Stats]) -> dict[str, Any]:
    """The fields of `GET /models`."""
    reasons = [str(worker["reason"]) for worker in workers if worker.get("reason")]
    usable = any(not worker.get("unavailable") for worker in workers)
    stub = bool(workers) and all(worker.get("is_stub") for worker in workers)
    return {
        "name": model.name,
        "dimension": model.dimension,
        "status": "stub" if stub else "available" if usable else "unavailable",
        "description": model.description,
        "loaded": any(worker.get("loaded") for worker in workers),
        "workers": len(workers),
        "device": next((worker["device"] for worker in workers if worker.get("device")), None),
        "license": model.license,
        "text": any(bool(worker.get("text")) for worker in workers) or model.text,
        "enabled": model.enabled,
        "memory_bytes": sum(int(worker.get("memory_bytes") or 0) for worker in workers),
        "reason": _reason(model, workers, reasons),
    }


def _reason(model: ModelInfo, workers: Sequence[Stats], reasons: Sequence[str]) -> str | None:
    """Why a model cannot be used; None where it can."""
    if reasons:
        return reasons[0]
    if workers:
        return None
    return "no worker of it is running" if model.enabled else "not enabled (SONICMESH_MODELS)"
