"""`worker.NAME`: private to each of our workers, answered by its I/O thread at once."""

from __future__ import annotations

from typing import Final, Literal

from contract.fields import Count
from contract.message import Message, Nothing, message
from contract.operation import Asyncio, Blocking, Operation

#: Why somebody has a model loaded or unloaded.
OrderReason = Literal["request", "idle", "memory"]
WorkerState = Literal["starting", "waiting", "ready", "draining"]

#: What the names of these services begin with: not announced, not listed, nothing of theirs is sent again.
PREFIX: Final = "worker."


def worker_service(name: str) -> str:
    """The private service of a worker."""
    return f"{PREFIX}{name}"


def is_private(service: str) -> bool:
    """Whether a service of this name belongs to one worker alone."""
    return service.startswith(PREFIX)


@message
class LoadRequest(Message):
    """Why a model is to be loaded or unloaded."""

    reason: OrderReason = "request"


@message
class Accepted(Message):
    """It will be done; events tell how it went."""

    accepted: bool = True


@message
class Stats(Message):
    """What a worker does. `busy`: calls that it holds; `waiting`: its start failed and is tried again."""

    service: str
    worker: str
    pid: int
    host: str
    state: WorkerState
    reason: str
    handled: Count
    failed: Count
    busy: Count
    model: str | None
    device: str
    loaded: bool
    memory_bytes: Count


class PrivateWorker:
    """Each of our workers has a service of its own, which its I/O thread answers at once."""

    service = f"{PREFIX}NAME"

    stats = Operation("worker.stats", Nothing, Stats, "What the worker does.")
    load = Operation("worker.load", LoadRequest, Accepted, "Load the model; `model.*` events tell how it went.")
    unload = Operation("worker.unload", LoadRequest, Accepted, "Free the model's memory.")
    drain = Operation("worker.drain", Nothing, Accepted, "Finish what is held, take nothing new, then leave.")


class PrivateWorkerClient(Blocking, PrivateWorker):
    """For threads."""


class AsyncPrivateWorkerClient(Asyncio, PrivateWorker):
    """For an event loop."""
