"""The worker loop: one process, one service.

One thread does all messaging during a batch and another one all computing, so a worker never looks dead during a long
batch. While the compute thread waits for work, it does the messaging itself: see `watch`.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import time
from collections.abc import Mapping
from concurrent.futures import Future
from functools import lru_cache, partial
from socket import gethostname, socketpair
from typing import Final

import zmq

import contract
from broker.client import MeshClient
from broker.events import EventPublisher
from broker.wire import WireError, reply_body
from contract.errors import InvalidRequest
from contract.mesh import Announcement
from contract.message import Nothing
from contract.worker import Accepted, PrivateWorker, Stats, WorkerState, worker_service
from machine import processors
from workers.runtime.broker_connection import BrokerConnection, Delivery
from workers.runtime.calls import Calls, read_call, unknown
from workers.runtime.compute import Runtime, WorkerStatus, pack_outcome, run_batch
from workers.runtime.service import Call, Handler, Outcome, Service, WorkerContext
from workers.runtime.serving import served
from workers.runtime.settings import WorkerSettings
from workers.runtime.watch import Turn, Watch
from workers.runtime.watchdog import Watchdog

#: Credit of the private service.
CONTROL_CREDIT: Final = 16
#: Interactive calls that this worker takes beyond its credit while other calls use all of it: they wait here.
URGENT: Final = 4
#: Most threads that prepare calls ahead: one computes while two or more decode.
PREPARE_THREADS: Final = max(2, processors() // 2)
#: Seconds that the compute thread gets to end if it is still in the middle of a batch.
CUT_SHORT_SECONDS: Final = 0.2

#: Wake-ups read at once; the remaining ones wake the loop again.
WAKEUPS: Final = 4096
HOST: Final = gethostname()

log = logging.getLogger(__name__)


class Worker:
    """Serves `service` under the worker name `name` until it is stopped.

    Only the thread whose turn it is touches sockets and `_calls`; any thread or signal handler may call `stop`.
    """

    def __init__(self, service: Service, name: str, settings: WorkerSettings) -> None:
        self._service = service
        self._name = name
        self._settings = settings
        self._operations: Mapping[str, Handler] = {}
        self._control: Mapping[str, Handler] = {
            **served(PrivateWorker.stats, lambda _, _call: self.stats()),
            **served(PrivateWorker.drain, self._drain),
            **service.control(),
        }
        self._state = WorkerStatus()
        self._stops = 0
        self._draining = False
        self._drain_until = float("inf")
        self._poller = zmq.Poller()
        self._connection: BrokerConnection | None = None
        self._wakeup, self._waker = socketpair()
        self._wakeup.setblocking(False)
        self._waker.setblocking(False)
        #: The registration whose broker has the last events of this process.
        self._told = 0
        self._watch = Watch(self._wake)
        self._watchdog = Watchdog(settings.hang_seconds)
        self._calls = Calls(min(service.credit, PREPARE_THREADS), self._state, self._wake)
        self._inbox = self._calls.inbox
        self._turn: Turn = lambda _: None

    def stop(self) -> None:
        """Drain, then leave. A second call leaves at once."""
        self._stops += 1
        self._wake()

    def stats(self) -> Stats:
        """Returns the reply to `worker.stats`."""
        model = self._service.model()
        state: WorkerState = "draining" if self._draining else self._state.phase
        return Stats(
            service=self._service.name,
            worker=self._name,
            pid=os.getpid(),
            host=HOST,
            state=state,
            reason=model.reason or self._state.reason,
            handled=self._state.handled,
            failed=self._state.failed,
            busy=len(self._calls),
            model=model.name,
            device=model.device,
            loaded=model.loaded,
            memory_bytes=model.memory_bytes,
        )

    def run(self) -> int:
        """Serve until stopped. Returns the exit code: 0, or 1 if the compute thread died or hangs."""
        client = MeshClient(self._settings.broker_endpoint)
        events = EventPublisher(self._settings.publish_endpoint, self._name)
        mesh = WorkerContext(self._name, client, events)
        self._poller.register(self._wakeup, zmq.POLLIN)
        private = self._register(worker_service(self._name), CONTROL_CREDIT)
        runtime = Runtime(self._service, mesh, self._inbox, self._state, self._calls.answer, self._listen, self._wake)
        self._turn = partial(self._serve, runtime, private, events)
        runtime.start()
        try:
            code = self._watch.serve(self._turn)
        finally:
            self._watchdog.end()
            self._watch.end()
            for connection in (self._connection, private):
                if connection is not None:
                    connection.close()
            self._inbox.close()
            if not runtime.stop(CUT_SHORT_SECONDS if self._calls else self._settings.drain_seconds):
                log.warning("abandoned %s in the middle of a call", self._service.name)
            client.close()
            events.close()
        return code

    def _serve(self, runtime: Runtime, private: BrokerConnection, events: EventPublisher, seconds: float) -> int | None:
        """Send replies, take requests and send heartbeats once; wait at most `seconds` for something to do.

        Returns the exit code if there is a reason to end.
        """
        self._watchdog.feed()
        self._calls.send_answers(self._connection)
        self._follow_state()
        if runtime.crash is not None:
            return 1
        if self._hangs():
            log.error("%s hangs in a call long past its deadline: this process exits", self._service.name)
            return 1
        if self._drained():
            return 0
        connections = [private] if self._connection is None else [self._connection, private]
        due = min(seconds, *(each.tick() for each in connections))
        readable = dict(self._poller.poll(math.ceil(1000 * due)))
        if self._wakeup.fileno() in readable:
            self._wakeup.recv(WAKEUPS)
        if self._connection is not None:
            self._calls.forget_lost(self._connection.registration)
        for connection in connections:
            for request in connection.requests(readable):
                self._accept(connection, request)
        if private.confirmed != self._told:
            self._told = private.confirmed
            events.repeat()
        return None

    def _listen(self, seconds: float) -> bool:
        """Called by the compute thread between batches: serve the sockets until the next batch is ready.

        Takes at least one turn, which sends the last batch's replies, and at most `seconds`. If the I/O thread serves
        them while work waits, leave them to it. Returns False if the worker ends.
        """
        if not self._watch.over and not (self._watch.taken and self._inbox.has_work):
            until = time.monotonic() + seconds
            with self._watch.held():
                self._take_turns(until)
        return not self._watch.over

    def _take_turns(self, until: float) -> None:
        while not self._watch.over:
            left = 0.0 if self._inbox.has_work else max(0.0, until - time.monotonic())
            if self._turn(left) is not None:
                self._watch.end()
            if not left or self._inbox.has_work:
                return

    def _register(self, service: str, credit: int) -> BrokerConnection:
        @lru_cache(maxsize=1)  # every turn asks
        def announcement(credit: int, model: str | None, device: str | None) -> Announcement:
            return Announcement(
                credit=credit,
                worker=self._name,
                host=HOST,
                pid=os.getpid(),
                version=contract.VERSION,
                urgent=URGENT,
                model=model,
                device=device,
            )

        def info() -> Announcement:
            model = self._service.model()
            return announcement(0 if self._draining else credit, model.name, model.device if model.name else None)

        return BrokerConnection(self._poller, self._settings.broker_endpoint, service, self._name, info)

    def _follow_state(self) -> None:
        """Register once the service has started, drain once told to stop, announce changes to the broker."""
        if self._state.phase == "ready" and self._connection is None and not self._stops:
            self._operations = self._service.operations()
            self._connection = self._register(self._service.name, self._service.credit)
            log.info("%s serves %s", self._name, self._service.name)
        if self._stops and not self._draining:
            log.info("%s is stopping once %d held calls are done", self._name, len(self._calls))
            self._draining = True
            self._drain_until = time.monotonic() + self._settings.drain_seconds
        if self._connection is not None:
            self._connection.announce_changes()

    def _drained(self) -> bool:
        if not self._draining:
            return False
        return not self._calls or self._stops > 1 or time.monotonic() >= self._drain_until

    def _hangs(self) -> bool:
        due = min(self._state.earliest_due(), self._inbox.preparing_until())
        return time.monotonic() > due + self._settings.hang_seconds

    def _accept(self, connection: BrokerConnection, request: Delivery) -> None:
        """Accept one request. Malformed requests and those for this worker itself are answered at once."""
        try:
            request_id, call = read_call(request)
        except WireError as error:
            connection.reply(request.address, reply_body("", InvalidRequest(f"not a request of this mesh: {error}")))
            return
        if call.op in self._control:
            connection.reply(request.address, pack_outcome(request_id, call.op, self._run_control(call)))
            return
        operations = self._operations if connection is self._connection else self._control
        operation = operations.get(call.op)
        if operation is None:
            connection.reply(request.address, reply_body(request_id, unknown(call.op, operations)))
        else:
            self._calls.accept(request_id, call, operation, request.address)

    def _run_control(self, call: Call) -> Outcome:
        (outcome,) = run_batch(self._control[call.op], [call])
        assert not isinstance(outcome, Future)  # control operations return at once
        self._inbox.nudge()  # the operation may have left work for `Service.idle`
        return outcome

    def _drain(self, _request: Nothing, _call: Call) -> Accepted:
        self._stops = max(self._stops, 1)
        return Accepted()

    def _wake(self) -> None:
        """End a turn that waits, if there is one: the next one begins with whatever has changed."""
        if not self._watch.taken:
            return
        with contextlib.suppress(BlockingIOError):  # full of earlier wake-ups: the loop will not sleep
            self._waker.send(b"\0")
