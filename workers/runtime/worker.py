"""The worker loop: one process, one service.

This thread does all messaging and another one all computing, so a worker never looks dead during a long batch.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from socket import gethostname, socketpair

import zmq

import contract
from broker.client import MeshClient
from broker.events import EventPublisher
from broker.wire import WireError, reply_body, split_request
from contract.errors import InvalidRequest, MeshError
from contract.mesh import Announcement
from contract.message import Nothing
from contract.operation import INTERACTIVE, LANES, Buffer
from contract.worker import Accepted, PrivateWorker, Stats, WorkerState, worker_service
from machine import processors
from workers.runtime.broker_connection import Address, BrokerConnection, Delivery
from workers.runtime.compute import Runtime, WorkerStatus, pack_outcome, run_batch
from workers.runtime.inbox import Inbox, QueuedCall
from workers.runtime.service import Call, Handler, Outcome, Service, WorkerContext
from workers.runtime.serving import served
from workers.runtime.settings import WorkerSettings

#: Credit of the private service.
CONTROL_CREDIT = 16
#: Most threads that prepare calls ahead: one computes while two or more decode.
PREPARE_THREADS = max(2, processors() // 2)
#: Seconds that the compute thread gets to end if it is still in the middle of a batch.
CUT_SHORT_SECONDS = 0.2

#: Wake-ups read at once; the remaining ones wake the loop again.
WAKEUPS = 4096
HOST = gethostname()

log = logging.getLogger(__name__)


class Worker:
    """Serves `service` under the worker name `name` until it is stopped.

    Only the thread that calls `run` touches sockets; any thread or signal handler may call `stop`.
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
        self._held: list[QueuedCall] = []
        self._answers: deque[tuple[QueuedCall, list[Buffer], bool]] = deque()
        self._stops = 0
        self._draining = False
        self._drain_until = float("inf")
        self._poller = zmq.Poller()
        self._peer: BrokerConnection | None = None
        self._wakeup, self._waker = socketpair()
        self._wakeup.setblocking(False)
        self._waker.setblocking(False)
        self._inbox = Inbox(min(service.credit, PREPARE_THREADS), self._answer)

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
            busy=len(self._held),
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
        runtime = Runtime(self._service, mesh, self._inbox, self._state, self._answer, self._wake)
        self._poller.register(self._wakeup, zmq.POLLIN)
        private = self._register(worker_service(self._name), CONTROL_CREDIT)
        runtime.start()
        try:
            code = self._serve(runtime, private)
        finally:
            for peer in (self._peer, private):
                if peer is not None:
                    peer.close()
            self._inbox.close()
            if not runtime.stop(CUT_SHORT_SECONDS if self._held else self._settings.drain_seconds):
                log.warning("abandoned %s in the middle of a call", self._service.name)
            client.close()
            events.close()
        return code

    def _serve(self, runtime: Runtime, private: BrokerConnection) -> int:
        """Send replies, take requests and send heartbeats until there is a reason to end. Returns the exit code."""
        while True:
            self._send_answers()
            self._follow_state()
            if runtime.crash is not None:
                return 1
            if self._hangs():
                log.error("%s hangs in a call long past its deadline: this process exits", self._service.name)
                return 1
            if self._drained():
                return 0
            peers = [private] if self._peer is None else [self._peer, private]
            readable = dict(self._poller.poll(math.ceil(1000 * min(peer.tick() for peer in peers))))
            if self._wakeup.fileno() in readable:
                self._wakeup.recv(WAKEUPS)
            if self._peer is not None:
                self._forget_lost(self._peer)
            for peer in peers:
                for request in peer.requests(readable):
                    self._accept(peer, request)

    def _register(self, service: str, credit: int) -> BrokerConnection:
        def info() -> Announcement:
            model = self._service.model()
            return Announcement(
                credit=0 if self._draining else credit,
                worker=self._name,
                host=HOST,
                pid=os.getpid(),
                version=contract.VERSION,
                model=model.name,
                device=model.device if model.name else None,
            )

        return BrokerConnection(self._poller, self._settings.broker_endpoint, service, self._name, info)

    def _follow_state(self) -> None:
        """Register once the service has started, drain once told to stop, announce changes to the broker."""
        if self._state.phase == "ready" and self._peer is None and not self._stops:
            self._operations = self._service.operations()
            self._peer = self._register(self._service.name, self._service.credit)
            log.info("%s serves %s", self._name, self._service.name)
        if self._stops and not self._draining:
            log.info("%s is stopping once %d held calls are done", self._name, len(self._held))
            self._draining = True
            self._drain_until = time.monotonic() + self._settings.drain_seconds
        if self._peer is not None:
            self._peer.announce_changes()

    def _drained(self) -> bool:
        if not self._draining:
            return False
        return not self._held or self._stops > 1 or time.monotonic() >= self._drain_until

    def _hangs(self) -> bool:
        due = min(self._state.earliest_due(), self._inbox.preparing_until())
        return time.time() > due + self._settings.hang_seconds

    def _accept(self, peer: BrokerConnection, request: Delivery) -> None:
        """Accept one request. Malformed requests and those for this worker itself are answered at once."""
        try:
            request_id, call = _read(request)
        except WireError as error:
            peer.reply(request.address, reply_body("", InvalidRequest(f"not a request of this mesh: {error}")))
            return
        if call.op in self._control:
            peer.reply(request.address, pack_outcome(request_id, call.op, self._run_control(call)))
            return
        operations = self._operations if peer is self._peer else self._control
        operation = operations.get(call.op)
        if operation is None:
            peer.reply(request.address, reply_body(request_id, _unknown(call.op, operations)))
        elif not self._readdress(request_id, request.address):
            held = QueuedCall(request_id, call, operation, request.address)
            self._held.append(held)
            self._inbox.put(held)

    def _run_control(self, call: Call) -> Outcome:
        (outcome,) = run_batch(self._control[call.op], [call])
        assert not isinstance(outcome, Future)  # control operations return at once
        self._inbox.nudge()  # the operation may have left work for `Service.idle`
        return outcome

    def _readdress(self, request_id: str, address: Address) -> bool:
        """Returns whether the request, lost by the broker and sent again, is in progress; redirects its reply if so."""
        for held in self._held:
            if held.id == request_id and held.address.registration != address.registration:
                held.address = address
                return True
        return False

    def _forget_lost(self, peer: BrokerConnection) -> None:
        """Drop waiting calls of an earlier registration: they come again. Calls in progress stay: see `_readdress`."""
        for held in self._inbox.drop(lambda held: held.address.registration != peer.registration):
            self._held.remove(held)

    def _answer(self, held: QueuedCall, outcome: Outcome) -> None:
        """Queue a reply. Called by the compute thread and the pool."""
        self._answers.append((held, pack_outcome(held.id, held.call.op, outcome), isinstance(outcome, MeshError)))
        self._wake()

    def _send_answers(self) -> None:
        while self._answers:
            held, body, failed = self._answers.popleft()
            self._held.remove(held)
            self._state.handled += 1
            self._state.failed += failed
            if self._peer is not None:
                self._peer.reply(held.address, body)

    def _drain(self, _request: Nothing, _call: Call) -> Accepted:
        self._stops = max(self._stops, 1)
        return Accepted()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # full of earlier wake-ups: the loop will not sleep
            self._waker.send(b"\0")


def _read(request: Delivery) -> tuple[str, Call]:
    """Returns the request id and the call. Raises `WireError`."""
    header, params, blobs = split_request(request.body)
    lane = header.lane if header.lane in LANES else INTERACTIVE
    return header.id, Call(
        header.op, params, blobs, lane, header.deadline, header.attempt, header.trace, received=time.time()
    )


def _unknown(op: str, known: Mapping[str, Handler]) -> InvalidRequest:
    return InvalidRequest(f"there is no operation {op[:80]!r}; the operations are {', '.join(known)}", {"field": "op"})
