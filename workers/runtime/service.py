"""The interface of a service to the worker loop (`workers.runtime.worker`): its operations and how they run."""

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
#: What a handler may return for a call: the outcome, or a future of it.
Answered = Outcome | Future[Reply]


@dataclass(frozen=True, slots=True)
class Handler:
    """How one `op` is served.

    `handle` runs in the compute thread, takes 1..`batch` calls that were already waiting, and returns one outcome per
    call, in order. A future is answered when it is done; the compute thread continues meanwhile. An error that `handle`
    raises is the reply to all its calls. `prepare` runs in a pool as soon as a call arrives (decoding, for instance); a
    `MeshError` that it raises is the reply to that call, which `handle` never sees. `discard` takes calls that were
    prepared but will not be handled (too late, or given to another worker).
    """

    handle: Callable[[Sequence[Call]], Sequence[Answered]]
    batch: int = 1
    prepare: Callable[[Call], Any] | None = None
    discard: Callable[[Call], None] | None = None


def single(handle: Callable[[Call], Reply | Future[Reply]]) -> Handler:
    """Returns an operation that handles one call at a time."""
    return Handler(lambda calls: [handle(call) for call in calls])


@dataclass(frozen=True)
class WorkerContext:
    """The parts of the mesh that a service may use: calls to other services, events, its worker's name."""

    worker: str
    client: MeshClient
    events: EventPublisher


@dataclass(frozen=True, slots=True)
class ModelState:
    """A worker's model; `name` None: it has none. `reason`: why the model cannot be used."""

    name: str | None = None
    device: str = "cpu"
    loaded: bool = False
    memory_bytes: int = 0
    reason: str = ""


class Service(ABC):
    """One service of the mesh. A process serves exactly one."""

    #: Requests that the worker may hold at once; more than one lets `prepare` work ahead.
    credit: ClassVar[int] = 4

    @property
    @abstractmethod
    def name(self) -> str:
        """The service's name on the broker, e.g. `search` or `embed.muq`."""

    @abstractmethod
    def operations(self) -> Mapping[str, Handler]:
        """Returns the operations by name; called once, after `start`. The loop answers others `invalid_request`."""

    def control(self) -> Mapping[str, Handler]:
        """Returns operations of the service `worker.NAME`.

        They run in the thread that serves the sockets and must return at once.
        """
        return {}

    def start(self, mesh: WorkerContext) -> None:
        """Called before the worker registers. After a `MeshError`, which is logged, it is called again."""

    def stop(self) -> None:
        """Called once after the last reply."""

    def model(self) -> ModelState:
        """Returns the model's state for READY and `worker.stats`.

        Runs in the thread that serves the sockets and must return at once.
        """
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
        """Add the seconds that the block takes, even if it raises."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, time.perf_counter() - began)
