"""A mesh whose replies the test gives, one by one."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from broker.wire import Reply
from contract.embedding import TextRequest
from contract.operation import INTERACTIVE, Buffer
from gateway.http.tracing import TRACE
from gateway.mesh import MeshConnection
from gateway.text.coalescing import Coalescing
from gateway.text.vector import TextVector

DIM = 4
#: Requests after which a quick model is known to be quick.
ENOUGH = 20


@dataclass(eq=False)
class Asked:
    """One `embed.text` under way. The vector of a text repeats the text, which is a number."""

    service: str
    lane: str
    texts: list[str]
    timeout: float
    trace: str
    outcome: asyncio.Future[Reply] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def answer(self, compute: float = 0.0, dim: int = DIM) -> None:
        numbers = array("f", [float(text) for text in self.texts for _ in range(dim)])
        said = {"dim": dim, "model_id": "m", "is_stub": False}
        self.outcome.set_result(Reply(said, [numbers.tobytes()], {"compute": compute}))

    def fail(self, error: Exception) -> None:
        self.outcome.set_exception(error)

    @property
    def open(self) -> bool:
        return not self.outcome.done()


class Mesh:
    """Every call waits until the test settles it."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []

    async def call(
        self,
        service: str,
        op: str,
        params: TextRequest,
        blobs: Sequence[Buffer] = (),
        *,
        timeout: float,
        lane: str = INTERACTIVE,
    ) -> Reply:
        assert op == "embed.text"
        asked = Asked(service, lane, list(params.texts), timeout, TRACE.get())
        self.asked.append(asked)
        return await asked.outcome

    def open(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.open]

    def texts(self) -> list[list[str]]:
        """The texts of the requests under way."""
        return [asked.texts for asked in self.open()]


async def settle() -> None:
    """Let everything happen that can happen now."""
    for _ in range(10):
        await asyncio.sleep(0)


async def quick(model: str = "muq", lane: str = INTERACTIVE, dim: int = DIM) -> tuple[Mesh, Coalescing]:
    """A mesh, and a gateway's texts that know its model to be quick."""
    mesh = Mesh()
    coalescing = Coalescing(cast(MeshConnection, mesh))
    await teach(mesh, coalescing, 0.0, model, lane, dim)
    return mesh, coalescing


async def teach(
    mesh: Mesh, coalescing: Coalescing, compute: float, model: str = "muq", lane: str = INTERACTIVE, dim: int = DIM
) -> None:
    """Answer single texts, each after `compute` seconds."""
    for _ in range(ENOUGH):
        asking = asyncio.create_task(coalescing.vector(model, "0", 60.0, lane))
        await settle()
        (asked,) = mesh.open()
        asked.answer(compute, dim)
        await asking
    mesh.asked.clear()


def send(
    coalescing: Coalescing, *texts: int, timeout: float = 60.0, model: str = "muq", lane: str = INTERACTIVE
) -> list[asyncio.Task[TextVector]]:
    """Callers, one per text."""
    return [asyncio.create_task(coalescing.vector(model, str(text), timeout, lane)) for text in texts]


async def numbers_of(callers: Sequence[asyncio.Task[TextVector]]) -> list[float]:
    """The first number of each caller's vector."""
    return [vector.numbers()[0] for vector in await asyncio.gather(*callers)]
