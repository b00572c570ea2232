"""`worker.NAME`: the private service of each of our workers; answered at once, even in the middle of a batch."""

from __future__ import annotations

from typing import Final, Literal

from contract.fields import Count
from contract.message import Message, Nothing, message
from contract.operation import Asyncio, Blocking, Operation

#: Why a caller has a model loaded or unloaded.
OrderReason = Literal["request", "idle", "memory"]
WorkerState = Literal["starting", "waiting", "ready", "draining"]

#: Prefix of these services' names. They are not announced or listed, and their requests are never sent again.
PREFIX: Final = "worker."


def worker_service(name: str) -> str:
    """Returns the name of a worker's private service."""
    return f"{PREFIX}{name}"


def is_private(service: str) -> bool:
    """Returns whether a service of this name is private to one worker."""
    return service.startswith(PREFIX)


@message
class LoadRequest(Message):
    """Loads or unloads the model; `reason` says why."""

    reason: OrderReason = "request"


@message
class Accepted(Message):
    """The request is accepted; events report the outcome."""

    accepted: bool = True


@message
class Stats(Message):
    """What a worker is doing. `busy`: calls that it holds; state `waiting`: its start failed and is retried."""

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
    """The private service of each of our workers; answered at once, even in the middle of a batch."""

    service = f"{PREFIX}NAME"

    stats = Operation("worker.stats", Nothing, Stats, "What the worker does.")
    load = Operation("worker.load", LoadRequest, Accepted, "Load the model; `model.*` events report the outcome.")
    unload = Operation("worker.unload", LoadRequest, Accepted, "Free the model's memory.")
    drain = Operation("worker.drain", Nothing, Accepted, "Finish what is held, take nothing new, then leave.")


class PrivateWorkerClient(Blocking, PrivateWorker):
    """For threads."""


class AsyncPrivateWorkerClient(Asyncio, PrivateWorker):
    """For an event loop."""
