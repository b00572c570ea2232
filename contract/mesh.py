"""`mmi.*`: what the broker tells of the mesh itself (ZeroMQ RFC 8, and services of our own). Each is one operation."""

from __future__ import annotations

from typing import Any, Final

from contract.fields import Count
from contract.message import Message, Nothing, message
from contract.operation import Asyncio, Blocking, Operation

#: What the names of these services begin with.
PREFIX: Final = "mmi."


@message
class ServiceQuestion(Message):
    """A service by its name."""

    service: str = ""


@message
class ServiceCode(Message):
    """RFC 8: 200 where the service has a worker, else 404."""

    service: str
    code: int


@message
class ServiceRow(Message):
    """One service. `queued` requests wait, `in_flight` are with workers."""

    service: str
    workers: Count
    credit: Count
    queued: Count
    in_flight: Count
    configured: bool


@message
class Services(Message):
    """All but those private to a worker, by name."""

    services: list[ServiceRow]


@message
class Workers(Message):
    """Each registered worker: what it said of itself, and what the broker knows of it."""

    workers: list[dict[str, Any]]


@message
class Queues(Message):
    """Requests that wait, by service and lane; `open` and `bytes`: all that the broker holds."""

    queues: dict[str, dict[str, int]]
    open: Count
    bytes: Count
    counters: dict[str, int]
    started_at: float


@message
class CancelRequest(Message):
    """A request of the same client by its id."""

    id: str


@message
class Cancelled(Message):
    """Whether it was still open."""

    cancelled: bool


class Management:
    """The operations of the broker. The name of each is its service."""

    service = ""

    has_worker = Operation("mmi.service", ServiceQuestion, ServiceCode, "Whether a service has a worker.")
    services = Operation("mmi.services", Nothing, Services, "All services.")
    workers = Operation("mmi.workers", Nothing, Workers, "All workers.")
    queues = Operation("mmi.queues", Nothing, Queues, "What waits, and what the broker has counted.")
    cancel = Operation("mmi.cancel", CancelRequest, Cancelled, "Takes a request back.")


class ManagementClient(Blocking, Management):
    """For threads."""


class AsyncManagementClient(Asyncio, Management):
    """For an event loop."""
