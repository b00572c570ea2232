"""The compute thread: starts the service, runs its operations in batches, turns exceptions into replies."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from broker.wire import Reply, reply_body
from contract.errors import Internal, MeshError
from contract.operation import Buffer
from contract.worker import WorkerState
from workers.runtime.inbox import Answer, Inbox, QueuedCall
from workers.runtime.service import Answered, Call, Handler, Outcome, Service, WorkerContext

#: Seconds between two calls of `Service.idle` while nothing waits.
IDLE_SECONDS: Final = 1.0
#: Shortest and longest pause before a failed start is retried, in seconds; it doubles each time.
START_RETRY_SECONDS: Final = (0.5, 15.0)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class WorkerStatus:
    """The state that `worker.stats` reports. `running` is the number of calls in the current batch."""

    #: `starting`, `waiting` (its start failed and is retried) or `ready`.
    phase: WorkerState = "starting"
    reason: str = ""
    handled: int = 0
    failed: int = 0
    running: int = 0
    #: The last deadline in the current batch, in monotonic seconds.
    due: float = float("inf")
    #: Deadlines, in monotonic seconds, of calls that are answered later, by the call's `id()`.
    later: dict[int, float] = field(default_factory=dict)

    def earliest_due(self) -> float:
        """Returns the earliest deadline of the work in progress, in monotonic seconds. Callable from any thread."""
        return min([self.due, *list(self.later.values())])


class Runtime:
    """Runs a service in its own thread.

    `answer` takes the outcome of one call. `listen` sends the answers and waits for work, at most the given seconds; it
    returns False once there will be none. `wake` signals a change of state.
    """

    def __init__(
        self,
        service: Service,
        mesh: WorkerContext,
        inbox: Inbox,
        state: WorkerStatus,
        answer: Answer,
        listen: Callable[[float], bool],
        wake: Callable[[], None],
    ) -> None:
        self._service = service
        self._mesh = mesh
        self._inbox = inbox
        self._state = state
        self._answer = answer
        self._listen = listen
        self._wake = wake
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="compute", daemon=True)
        self.crash: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self, timeout: float) -> bool:
        """Ask the thread to end after its batch. Returns whether it ended within `timeout` seconds."""
        self._stopping.set()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._start_service()
            while not self._stopping.is_set():
                if not self._listen(IDLE_SECONDS):
                    self._stopping.wait(IDLE_SECONDS)
                batch = self._inbox.take(0)
                if batch:
                    self._handle(batch)
                else:
                    self._service.idle()
            self._service.stop()
        except BaseException as error:
            log.exception("the compute thread ended")
            self.crash = error
        finally:
            self._wake()

    def _start_service(self) -> None:
        pause, longest = START_RETRY_SECONDS
        while not self._stopping.is_set():
            try:
                self._service.start(self._mesh)
            except MeshError as error:
                log.warning("%s cannot start: %s; next try in %.1f s", self._service.name, error.message, pause)
                self._state.phase, self._state.reason = "waiting", error.message
                self._stopping.wait(pause)
                pause = min(2 * pause, longest)
            else:
                self._state.phase, self._state.reason = "ready", ""
                self._wake()
                return

    def _handle(self, batch: Sequence[QueuedCall]) -> None:
        self._state.running = len(batch)
        self._state.due = max(queued.until for queued in batch)
        began = time.time()
        outcomes = run_batch(batch[0].operation, [queued.call for queued in batch])
        for queued, answer in zip(batch, outcomes, strict=True):
            if isinstance(answer, Future):
                self._answer_later(queued, answer, began)
            else:
                self._tell(queued, answer, began)
        self._state.running, self._state.due = 0, float("inf")

    def _tell(self, queued: QueuedCall, outcome: Outcome, began: float) -> None:
        if isinstance(outcome, Reply):
            seconds = {"queue": began - queued.call.received, "compute": time.time() - began}
            outcome = Reply(outcome.result, outcome.blobs, seconds)
        self._answer(queued, outcome)

    def _answer_later(self, queued: QueuedCall, answer: Future[Reply], began: float) -> None:
        self._state.later[id(queued)] = queued.until

        def done(_: Future[Reply]) -> None:
            del self._state.later[id(queued)]
            if not answer.cancelled():  # if cancelled, this worker is leaving: the broker gives the call to another
                (outcome,) = run_batch(Handler(lambda _: [answer.result()]), [queued.call])
                assert not isinstance(outcome, Future)
                self._tell(queued, outcome, began)

        answer.add_done_callback(done)


def run_batch(operation: Handler, calls: Sequence[Call]) -> Sequence[Answered]:
    """Returns one outcome per call, whatever the handler does."""
    try:
        outcomes = operation.handle(calls)
    except MeshError as error:
        return [error] * len(calls)
    except Exception:
        log.exception("%s failed", calls[0].op)
        return [Internal(f"{calls[0].op} failed; the worker's log says why")] * len(calls)
    if len(outcomes) != len(calls) or not all(isinstance(outcome, Reply | MeshError | Future) for outcome in outcomes):
        log.error("%s answered %d calls with %r", calls[0].op, len(calls), [type(o).__name__ for o in outcomes])
        return [Internal(f"{calls[0].op} returned no usable answer; the worker's log says why")] * len(calls)
    return outcomes


def pack_outcome(request_id: str, op: str, outcome: Outcome) -> list[Buffer]:
    """Returns the body frames of a reply; a result that msgpack cannot pack is a bug in the handler."""
    try:
        return reply_body(request_id, outcome)
    except (TypeError, ValueError, OverflowError):
        log.exception("the answer to %s cannot be packed", op)
        return reply_body(
            request_id, Internal(f"{op} returned an answer that cannot be sent; the worker's log says why")
        )
