"""`mmi.*`: what the broker reports about the mesh (ZeroMQ RFC 8 and services of our own), one operation each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from contract.fields import Count
from contract.message import Message, Nothing, message
from contract.operation import Asyncio, Blocking, Operation

#: Prefix of these services' names.
PREFIX: Final = "mmi."

#: The broker's name in lists of the mesh's parts, and the source of its events.
BROKER: Final = "broker"

#: Seconds between two heartbeats, from broker to worker and from worker to broker.
HEARTBEAT_SECONDS: Final = 1.0
#: Heartbeats in a row that may be missed.
HEARTBEAT_MISSES: Final = 3
#: Seconds of silence after which a peer counts as gone.
SILENCE_SECONDS: Final = HEARTBEAT_MISSES * HEARTBEAT_SECONDS
#: Seconds that a plain RFC 18 worker may be silent: it sets its own interval, usually 2.5 s.
FOREIGN_SILENCE_SECONDS: Final = 10.0
#: Seconds between two attempts of a refused worker, and between two answers to it.
REFUSED_SECONDS: Final = 10.0
#: Seconds that the broker may take to answer one of these questions: it has nothing else to do.
ANSWER_SECONDS: Final = 1.0


@message
class Announcement(Message):
    """The READY map of our workers. `credit`: requests that the worker may hold at once; `version`: of the contract.

    `urgent`: interactive requests that it may hold beyond its credit while it holds others.

    Only a model's workers send `model` and `device`.
    """

    left_out: ClassVar[tuple[str, ...]] = ("model", "device")

    credit: int
    worker: str
    host: str
    pid: int
    version: int
    urgent: int = 0
    model: str | None = None
    device: str | None = None


@message
class Refusal(Message):
    """The map in DISCONNECT to a worker of another version. `version`: the broker's."""

    reason: str
    version: int


@message
class ServiceQuestion(Message):
    """A service by its name."""

    service: str = ""


@message
class ServiceCode(Message):
    """RFC 8: 200 if the service has a worker, else 404."""

    service: str
    code: int


@message
class ServiceRow(Message):
    """One service. `queued`: requests that wait; `in_flight`: requests that workers hold."""

    service: str
    workers: Count
    credit: Count
    queued: Count
    in_flight: Count
    configured: bool


@message
class Services(Message):
    """All services except the workers' private ones, by name."""

    services: list[ServiceRow]


@message
class WorkerRow(Message):
    """A registered worker: what the broker knows about it, and the fields of its READY map that callers use.

    `since` in unix seconds. On the wire, a row has all fields of the READY map; readers ignore unknown ones.
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
    """All registered workers except under their private services, by service and name."""

    workers: list[WorkerRow]

    def by_service(self) -> dict[str, list[WorkerRow]]:
        """Returns each service that has workers, with its workers."""
        by_name: dict[str, list[WorkerRow]] = {}
        for row in self.workers:
            by_name.setdefault(row.service, []).append(row)
        return by_name


@message
class Queues(Message):
    """Waiting requests by service and lane (`suspects`: those on which a worker died).

    `open` and `bytes` (of bodies) count all requests that the broker holds. `counters` since the start; `started_at`
    in unix seconds.
    """

    queues: dict[str, dict[str, int]]
    open: Count
    bytes: Count
    counters: dict[str, int]
    started_at: float


@message
class CancelRequest(Message):
    """A request of the same client, by its id."""

    id: str


@message
class Cancelled(Message):
    """Whether the request was still open; its caller gets no reply."""

    cancelled: bool


class Management:
    """Operations that the broker itself answers. Each is a service with the operation's name; `op` is ignored."""

    service = ""

    has_worker = Operation("mmi.service", ServiceQuestion, ServiceCode, "Whether a service has a worker.")
    services = Operation("mmi.services", Nothing, Services, "All services.")
    workers = Operation("mmi.workers", Nothing, Workers, "All workers.")
    queues = Operation("mmi.queues", Nothing, Queues, "Queues and counters of the broker.")
    cancel = Operation("mmi.cancel", CancelRequest, Cancelled, "Withdraws a request.")


class ManagementClient(Blocking, Management):
    """For threads."""


class AsyncManagementClient(Asyncio, Management):
    """For an event loop."""
