"""Readiness of the mesh, part by part; all parts are checked in parallel, within a second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from contract.embedding import embedding_service
from contract.errors import MeshError, ModelUnavailable, NoWorker
from contract.library import AsyncLibraryClient, Library
from contract.mesh import BROKER
from contract.message import Nothing
from contract.search import AsyncSearchClient, Search
from gateway.mesh import MeshConnection
from gateway.models.directory import ModelDirectory
from gateway.models.workers import USABLE, ModelWorkers

#: Seconds that one part may take to answer.
PART_SECONDS: Final = 1.0
#: Seconds after which a part counts as not ready even if its own timeout did not fire.
HARD_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Component:
    """One part of the mesh. Without a `needed` part, the mesh cannot recommend anything."""

    ready: bool
    needed: bool
    reason: str | None = None
    code: str | None = None

    def shown(self) -> dict[str, Any]:
        """Return the part as `/readyz` shows it."""
        return {"ready": self.ready, "needed": self.needed, "reason": self.reason}


class ReadinessCheck:
    """Answers `GET /readyz`."""

    def __init__(self, mesh: MeshConnection, directory: ModelDirectory) -> None:
        self._mesh = mesh
        self._directory = directory
        self._model_workers = ModelWorkers(mesh, directory)

    async def parts(self) -> dict[str, Component]:
        """Return the parts by service name: `broker`, `search`, `library` and each enabled model."""
        broker, search, library, models = await asyncio.gather(
            _part(self._mesh.ping(), needed=True),
            _part(self._search(), needed=True),
            _part(self._library(), needed=False),
            self._models(),
        )
        return {BROKER: broker, Search.service: search, Library.service: library, **models}

    async def _search(self) -> None:
        await self._served(Search.service)
        await AsyncSearchClient(self._mesh).status(Nothing(), timeout=PART_SECONDS)

    async def _served(self, service: str) -> None:
        """Raises `NoWorker` if no worker is registered: a call would wait for one to appear."""
        if service not in await self._mesh.workers():
            raise NoWorker(f"no {service} worker is registered; it is starting, waiting for a dependency, or stopped")

    async def _library(self) -> None:
        await self._served(Library.service)
        status = await AsyncLibraryClient(self._mesh).status(Nothing(), timeout=PART_SECONDS)
        if status.state != "ready":
            raise ModelUnavailable(status.reason or "it is waiting for Navidrome's database")

    async def _models(self) -> dict[str, Component]:
        try:
            async with asyncio.timeout(HARD_SECONDS):
                models = await self._model_workers.models()
        except (MeshError, TimeoutError):
            return {}
        return {
            embedding_service(model.name): Component(model.status in USABLE, False, model.reason)
            for model in models
            if model.enabled
        }


def summary(parts: Mapping[str, Component]) -> dict[str, Any]:
    """Return the body of `GET /readyz`, which is also an error body if a needed part is down."""
    lacking = {name: part for name, part in parts.items() if part.needed and not part.ready}
    body: dict[str, Any] = {"ready": not lacking, "parts": {name: part.shown() for name, part in parts.items()}}
    if lacking:
        first = next(iter(lacking.values()))
        message = "; ".join(f"{name}: {part.reason}" for name, part in lacking.items())
        body["error"] = {"code": first.code or NoWorker.code, "message": message, "detail": {"parts": list(lacking)}}
        body["message"] = message
    return body


async def _part(question: Awaitable[None], needed: bool) -> Component:
    try:
        async with asyncio.timeout(HARD_SECONDS):
            await question
    except MeshError as error:
        return Component(False, needed, error.message, error.code)
    except TimeoutError:
        return Component(False, needed, "it does not answer", NoWorker.code)
    return Component(True, needed)
