"""`mmi.*`: what the broker tells of the mesh itself (ZeroMQ RFC 8, and services of our own). Each is one operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from contract.fields import Count
from contract.message import Message, Nothing, message
from contract.operation import Asyncio, Blocking, Operation

#: What the names of these services begin with.
PREFIX: Final = "mmi."

#: What the broker is called where parts of the mesh are named, and the source of its events.
BROKER: Final = "broker"

#: Seconds between two heartbeats, of the broker to a worker and of a worker to the broker.
HEARTBEAT_SECONDS: Final = 1.0
#: So many in a row may be missed.
HEARTBEAT_MISSES: Final = 3
#: Seconds without a word after which either counts as gone.
SILENCE_SECONDS: Final = HEARTBEAT_MISSES * HEARTBEAT_SECONDS
#: Seconds that a plain RFC 18 worker may be silent: its rhythm is its own, 2.5 s is usual.
FOREIGN_SILENCE_SECONDS: Final = 10.0
#: Seconds between two attempts of a worker that was refused, and between two answers that it gets.
REFUSED_SECONDS: Final = 10.0
#: Seconds that the broker may take to answer one of these questions: it has nothing else to do.
ANSWER_SECONDS: Final = 1.0


@message
class Announcement(Message):
    """READY's map, as our workers send it. `credit`: requests that it may hold at once; `version`: of the contract.

    `model` and `device` are those of workers of a model.
    """

    left_out: ClassVar[tuple[str, ...]] = ("model", "device")

    credit: int
    worker: str
    host: str
    pid: int
    version: int
    model: str | None = None
    device: str | None = None


@message
class Refusal(Message):
    """DISCONNECT's map, to a worker of another version. `version`: the broker's."""

    reason: str
    version: int


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
class WorkerRow(Message):
    """A registered worker: what the broker knows of it, and what callers rely on of its READY map.

    `since` in unix seconds. On the wire a row has all that the worker said; other fields are passed over.
    """

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"strict": True, "extra": "ignore", "allow_inf_nan": False}
    left_out: ClassVar[tuple[str, ...]] = ("model", "device", "reason", "loaded", "memory_bytes")

    service: str
    worker: str
    host: str
    pid: Count
    credit: Count
    in_flight: Count
    since: float
    silent_seconds: float
    #: It sent no READY map.
    foreign: bool
    model: str | None = None
    device: str | None = None
    reason: str | None = None
    loaded: bool | None = None
    memory_bytes: Count | None = None


@message
class Workers(Message):
    """All registered workers but those private to one, by service and name."""

    workers: list[WorkerRow]

    def by_service(self) -> dict[str, list[WorkerRow]]:
        """Each service that has a worker, and its workers."""
        found: dict[str, list[WorkerRow]] = {}
        for row in self.workers:
            found.setdefault(row.service, []).append(row)
        return found


@message
class Queues(Message):
    """Requests that wait, by service and lane (`suspects`: those that a worker died on); `open` and `bytes` of their
    bodies: all that the broker holds. `counters` since the start, `started_at` in unix seconds.
    """

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
    """Whether it was still open; its call gets no answer any more."""

    cancelled: bool


class Management:
    """Answered by the broker itself. Each operation is a service of its own name; `op` is not looked at."""

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
