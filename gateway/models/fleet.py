"""The models as people see them: what the registry says, and what the workers that run say of themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from contract.errors import MeshError, ModelUnavailable, NotFound
from gateway.mesh import Mesh, Workers
from gateway.models.catalogue import Catalogue, ModelInfo

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
        away: str | None = None
        try:
            workers: Workers = await self._mesh.workers()
        except MeshError as error:
            workers, away = {}, error.message
        stats = await asyncio.gather(*(self.stats(workers.get(f"embed.{name}", ())) for name in known))
        said = self._catalogue.running
        described = [_described(m, each, said.get(m.name, {})) for m, each in zip(known.values(), stats, strict=True)]
        return [{**each, "reason": away} for each in described] if away else described

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


def _described(model: ModelInfo, workers: Sequence[Stats], said: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `GET /models`: the registry, the workers' figures, and what one of them `said` of the model."""
    reason = _reason(model, workers, said)
    stub = said.get("text_status") == "stub"
    return {
        "name": model.name,
        "dimension": said.get("dimension") or model.dimension,
        "status": "unavailable" if reason else "stub" if stub else "available",
        "description": model.description,
        "loaded": any(worker.get("loaded") for worker in workers),
        "workers": len(workers),
        "device": next((worker["device"] for worker in workers if worker.get("device")), None),
        "license": model.license,
        "text": bool(said.get("text", model.text)),
        "enabled": model.enabled,
        "memory_bytes": sum(int(worker.get("memory_bytes") or 0) for worker in workers),
        "reason": reason,
        "text_reason": said.get("text_reason") or None,
    }


def _reason(model: ModelInfo, workers: Sequence[Stats], said: Mapping[str, Any]) -> str | None:
    """Why a model cannot be used; None where it can. One worker that can is enough."""
    if not workers:
        return "no worker of it is running" if model.enabled else "not enabled (SONICMESH_MODELS)"
    reasons = [str(worker.get("reason") or "") for worker in workers]
    if all(reasons):
        return reasons[0]
    if len(workers) == 1 and said.get("status") == "unavailable":
        return str(said.get("reason") or "its worker says that it is unavailable")
    return None
