"""Assigns requests to workers, and handles lost workers, lost clients and passed deadlines."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from broker.counters import Counters
from broker.inflight import InFlight
from broker.request import Body, OpenRequest, Part
from broker.services import RegisteredWorker, ServiceQueue
from broker.wire import CLIENT, CLIENT_FINAL, CLIENT_PARTIAL, WORKER
from broker.wire import REQUEST as WORKER_REQUEST
from contract.errors import Busy, DeadlineExceeded, MeshError, NoWorker, Poisoned
from contract.event import Event
from contract.presence import WorkerDown, WorkerEvent, WorkerUp
from contract.worker import is_private

log = logging.getLogger(__name__)

#: Worker deaths after which a request is given up.
POISON_DEATHS: Final = 3
#: Seconds that a service still queues requests after its last worker left.
MEMORY_SECONDS: Final = 60.0
#: Seconds after its start in which the broker accepts any service: workers of the previous broker are coming back.
SETTLE_SECONDS: Final = 3.0
#: Seconds after which a client may retry a `busy` request.
RETRY_AFTER_SECONDS: Final = 1.0


#: Takes frames for a routing id. If the peer is gone, `Dispatcher.unreachable` is called later.
Outbox = Callable[[bytes, Sequence[Part]], None]
Announce = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that the broker holds: waiting requests per service, and bytes of all open requests.

    A single request may be larger if the broker holds nothing else.
    """

    requests: int = 1000
    bytes: int = 256 * 1024 * 1024


class Dispatcher:
    """Queues, workers and the table of open requests. Knows nothing about sockets."""

    def __init__(self, send: Outbox, announce: Announce, configured: Iterable[str], limits: Limits) -> None:
        self.counters = Counters()
        self.in_flight = InFlight()
        self.services: dict[str, ServiceQueue] = {name: ServiceQueue(name, configured=True) for name in configured}
        self.workers: dict[bytes, RegisteredWorker] = {}
        self._send = send
        self._announce = announce
        self._limits = limits
        self._turn = 0
        self._settled_at = time.monotonic() + SETTLE_SECONDS

    def settle(self) -> None:
        """Stop expecting workers of an earlier broker."""
        self._settled_at = time.monotonic()

    # -- requests

    def submit(self, request: OpenRequest) -> None:
        """Accept a new request: queue it, or refuse it at once with a reason."""
        self.counters.requests += 1
        if request.id:
            first = self.in_flight.find(request.client, request.id)
            if first is not None:
                self.counters.reattached += 1
                return
        service = self._find_service(request.service)
        if service is None:
            self.refuse(request, NoWorker(f"no worker serves {request.service!r}"))
        elif service.waiting >= self._limits.requests:
            self._turn_away(request, f"{service.waiting} requests already wait for {service.name}")
        elif self.in_flight.bytes + request.size > self._limits.bytes and self.in_flight.bytes:
            self._turn_away(request, f"the broker already holds {self.in_flight.bytes / 1e6:.1f} MB of requests")
        else:
            self.in_flight.add(request)
            self._begin(service, request)

    def _turn_away(self, request: OpenRequest, reason: str) -> None:
        self.counters.rejected += 1
        self.refuse(request, Busy(reason, {"retry_after": RETRY_AFTER_SECONDS}))

    def _begin(self, service: ServiceQueue, request: OpenRequest) -> None:
        """Give the request to a worker at once if none waits before it, else queue it."""
        if service.waiting or service.alone is not None:
            service.queue.push(request)
            self.dispatch(service)
            return
        worker = service.choose()
        if worker is None:
            service.queue.push(request)
            self._dispatch_urgent(service)
        else:
            self._give(worker, request)

    def _find_service(self, name: str) -> ServiceQueue | None:
        """Returns the service if a worker serves it or is expected to, else None."""
        service = self.services.get(name)
        if service is not None and (service.workers or service.configured):
            return service
        if is_private(name):
            return None
        now = time.monotonic()
        if now < self._settled_at:
            return self.service(name)
        return service if service is not None and now - service.seen < MEMORY_SECONDS else None

    def dispatch(self, service: ServiceQueue) -> None:
        """Give waiting requests to workers with room."""
        if service.suspects or service.alone is not None:
            self._dispatch_suspects(service)
        queue = service.queue
        while queue:
            worker = service.choose()
            if worker is None:
                self._dispatch_urgent(service)
                return
            self._give(worker, queue.pop())

    def _dispatch_urgent(self, service: ServiceQueue) -> None:
        """Give interactive requests to workers whose places are taken by less urgent ones.

        There they wait for the batch in progress alone; here, for a place, and then for the batch begun meanwhile.
        """
        while service.queue.is_urgent:
            worker = service.choose_urgent()
            if worker is None:
                return
            self._give(worker, service.queue.pop_urgent())

    def _dispatch_suspects(self, service: ServiceQueue) -> None:
        if not service.suspects:
            if service.alone is not None and not service.alone.holds:
                service.alone = None
            return
        worker = service.set_apart()
        if worker is not None:
            self._give(worker, service.suspects.popleft())

    def _give(self, worker: RegisteredWorker, request: OpenRequest) -> None:
        self._turn += 1
        worker.turn = self._turn
        token = request.token
        worker.holds[token] = request
        head = (b"", WORKER, WORKER_REQUEST) if worker.delimiter else (WORKER, WORKER_REQUEST)
        self._send(worker.address, (*head, token, b"", *request.body))

    def _requeue(self, service: ServiceQueue, request: OpenRequest) -> None:
        if len(request.deaths) == POISON_DEATHS - 1:
            service.suspects.append(request)
        else:
            service.queue.push_front(request)

    # -- answers

    def answer(self, worker: RegisteredWorker, token: bytes, body: Body, final: bool) -> None:
        """Handle a worker's reply to a request that it holds."""
        request = worker.holds.get(token)
        if request is None or request.closed:
            self.counters.late += 1
        else:
            self.reply(request, body, final)
        if request is None or not final:
            return
        del worker.holds[token]
        if not request.closed:
            self.in_flight.remove(request)
        self.dispatch(worker.service)

    def reply(self, request: OpenRequest, body: Body, final: bool = True) -> None:
        """Send a reply, or a part of one, to the client of a request."""
        command = CLIENT_FINAL if final else CLIENT_PARTIAL
        head = (b"", CLIENT, command) if request.delimiter else (CLIENT, command)
        self.counters.replies += final
        self._send(request.client, (*head, request.service_frame, *body))

    def refuse(self, request: OpenRequest, error: MeshError) -> None:
        """Reply with an error to a request that is not in the table."""
        self.counters.errors += 1
        self.reply(request, request.error_body(error))

    def fail(self, request: OpenRequest, error: MeshError) -> None:
        """Reply with an error and close the request, wherever it is."""
        self.refuse(request, error)
        self._close(request)

    def _close(self, request: OpenRequest) -> None:
        service = self.services.get(request.service)
        if service is not None:
            service.withdraw(request)
        self.in_flight.remove(request)

    # -- ends

    def expire(self, now: float) -> None:
        """Fail the requests whose deadline has passed at `now` (monotonic seconds)."""
        for request in self.in_flight.due(now):
            self.counters.expired += 1
            self.fail(request, DeadlineExceeded(f"{request.service} did not answer before the request's deadline"))

    def cancel(self, client: bytes, request_id: str) -> bool:
        """Close a client's request without a reply. Returns False if it is not open."""
        request = self.in_flight.find(client, request_id)
        if request is None:
            return False
        self.counters.cancelled += 1
        self._close(request)
        return True

    def disconnected(self, descriptor: int) -> None:
        """Handle a closed connection: its worker is lost, its client's requests are closed."""
        for worker in [w for w in self.workers.values() if w.descriptor == descriptor]:
            self.lose(worker, "disconnected")
        for request in self.in_flight.of_connection(descriptor):
            self.counters.cancelled += 1
            self._close(request)

    def unreachable(self, address: bytes) -> None:
        """Handle an undeliverable message: the peer is gone or does not read."""
        self.counters.undeliverable += 1
        worker = self.workers.get(address)
        if worker is not None:
            self.lose(worker, "unreachable")

    # -- workers

    def service(self, name: str) -> ServiceQueue:
        """Returns the service of this name, created if it is new."""
        return self.services.setdefault(name, ServiceQueue(name))

    def register(self, worker: RegisteredWorker) -> None:
        """Add a worker to its service."""
        worker.service.workers.append(worker)
        worker.service.seen = time.monotonic()
        self.workers[worker.address] = worker
        log.info("worker %s serves %s, credit %d", worker.label, worker.service.name, worker.credit)
        self.tell(WorkerUp, worker, "ready")
        self.dispatch(worker.service)

    def leave(self, worker: RegisteredWorker, reason: str) -> None:
        """Handle a worker's goodbye: its requests go back to the queue and count no death."""
        self._remove(worker, reason)
        self._give_back(worker)

    def lose(self, worker: RegisteredWorker, reason: str) -> None:
        """Handle a worker that vanished: its requests go back to the head of the queue, or are poisoned."""
        self._remove(worker, reason)
        self.counters.workers_lost += 1
        for request in worker.holds.values():
            request.deaths.append(f"{worker.label}: {reason}")
        self._give_back(worker)

    def _remove(self, worker: RegisteredWorker, reason: str) -> None:
        service = worker.service
        service.workers.remove(worker)
        service.seen = time.monotonic()
        if service.alone is worker:
            service.alone = None
        del self.workers[worker.address]
        log.info("worker %s left %s: %s", worker.label, service.name, reason)
        self.tell(WorkerDown, worker, reason)

    def _give_back(self, worker: RegisteredWorker) -> None:
        open_requests = [request for request in worker.holds.values() if not request.closed]
        worker.holds.clear()
        for request in reversed(open_requests):
            if is_private(worker.service.name):
                self.fail(request, NoWorker(f"{worker.service.name} has left"))
            elif len(request.deaths) >= POISON_DEATHS:
                self.counters.poisoned += 1
                reasons = "; ".join(request.deaths)
                self.fail(request, Poisoned(f"{len(request.deaths)} workers died on this request: {reasons}"))
            else:
                self.counters.redelivered += 1
                self._requeue(worker.service, request)
        self.dispatch(worker.service)

    def tell(self, kind: type[WorkerEvent], worker: RegisteredWorker, reason: str) -> None:
        """Publish an event about a worker, except for its private service."""
        service = worker.service.name
        if not is_private(service):
            self._announce(kind(service=service, worker=worker.name, host=worker.host, pid=worker.pid, reason=reason))

    def tidy(self, now: float) -> None:
        """Drop services without workers, expected or not, and without requests.

        Call once a second; `now` in monotonic seconds.
        """
        for service in tuple(self.services.values()):
            if service.configured or service.workers or now - service.seen < MEMORY_SECONDS or now < self._settled_at:
                continue
            if service.was_never_served:
                while service.queue:
                    self.fail(service.queue.first(), NoWorker(f"no worker serves {service.name!r}"))
            if not service.waiting:
                del self.services[service.name]
