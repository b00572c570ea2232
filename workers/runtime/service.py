"""What the worker loop (`workers.runtime.worker`) asks of a service: which operations it has and how they run."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from broker.wire import Reply
from contract.errors import MeshError
from contract.operation import INTERACTIVE, Buffer

if TYPE_CHECKING:
    from broker.client import MeshClient
    from broker.events import EventPublisher


@dataclass(slots=True)
class Call:
    """One request as a handler sees it. `deadline` and `received` are unix seconds."""

    op: str
    params: dict[str, Any]
    blobs: Sequence[Buffer] = ()
    lane: str = INTERACTIVE
    deadline: float = float("inf")
    attempt: int = 1
    trace: str = ""
    received: float = 0.0
    #: What the operation's `prepare` returned for this call.
    prepared: Any = None


Outcome = Reply | MeshError
#: What a handler may give for a call: the outcome, or what will be one later.
Answered = Outcome | Future[Reply]


@dataclass(frozen=True, slots=True)
class Operation:
    """How one `op` is served.

    `handle` runs in the compute thread and gets 1..`batch` calls that were already waiting; it returns one outcome
    a call, in order; a future is answered when it is done, and the compute thread goes on meanwhile. What it raises is
    answered to all of them. `prepare` runs ahead, in a pool, as soon as a call
    arrives (decoding); a `MeshError` that it raises is answered to that call alone and `handle` never sees it.
    `discard` gets the calls that were prepared and will not be handled (too late, or given to another worker).
    """

    handle: Callable[[Sequence[Call]], Sequence[Answered]]
    batch: int = 1
    prepare: Callable[[Call], Any] | None = None
    discard: Callable[[Call], None] | None = None


def single(handle: Callable[[Call], Reply | Future[Reply]]) -> Operation:
    """An operation that takes one call at a time."""
    return Operation(lambda calls: [handle(call) for call in calls])


@dataclass(frozen=True)
class Mesh:
    """What a service may use of the mesh: calls to other services, events, its own worker name."""

    worker: str
    client: MeshClient
    events: EventPublisher


@dataclass(frozen=True, slots=True)
class ModelState:
    """The model of a worker; without a name it has none. `reason`: why it cannot be used."""

    name: str | None = None
    device: str = "cpu"
    loaded: bool = False
    memory_bytes: int = 0
    reason: str = ""


class Service(ABC):
    """One service of the mesh. A process serves exactly one."""

    #: Requests the worker may hold at once; more than one lets `prepare` work ahead.
    credit: ClassVar[int] = 4

    @property
    @abstractmethod
    def name(self) -> str:
        """The service's name on the broker, e.g. `search` or `embed.muq`."""

    @abstractmethod
    def operations(self) -> Mapping[str, Operation]:
        """The operations by name, asked once after `start`. An unknown op is answered `invalid_request` by the loop."""

    def control(self) -> Mapping[str, Operation]:
        """Operations of the private service `worker.NAME`, run in the I/O thread: they must return at once."""
        return {}

    def start(self, mesh: Mesh) -> None:
        """Called once before the worker registers. A `MeshError` is logged and tried again."""

    def stop(self) -> None:
        """Called once after the last reply was sent."""

    def model(self) -> ModelState:
        """What it says of its model when it registers and in `worker.stats`; in the I/O thread, returns at once."""
        return ModelState()

    def idle(self) -> None:
        """Called in the compute thread about once a second while nothing waits."""


@dataclass
class Stages:
    """Seconds per stage of one request, for the ledger and the metrics."""

    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, stage: str, seconds: float) -> None:
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Adds what the block takes, also where it raises."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, time.perf_counter() - began)
