"""`mmi.*`: what the broker reports about the mesh (RFC 8 and services of our own)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import zmq

from broker.dispatch import Dispatcher
from broker.request import OpenRequest
from broker.services import RegisteredWorker, ServiceQueue
from broker.wire import Reply, WireError, reply_body, unpack_map
from contract import mesh
from contract.errors import InvalidRequest, NotFound
from contract.message import Message, fields_of
from contract.worker import is_private

#: RFC 8 codes.
FOUND, ABSENT, UNIMPLEMENTED = b"200", b"404", b"501"


class ManagementHandler:
    """Answers `mmi.*` requests at once."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._started_at = time.time()
        questions = mesh.Management
        self._answers: Mapping[str, Callable[[OpenRequest, dict[str, Any]], Message | dict[str, Any]]] = {
            questions.has_worker.name: self._service,
            questions.services.name: self._services,
            questions.workers.name: self._workers,
            questions.queues.name: self._queues,
            questions.cancel.name: self._cancel,
        }

    def handle(self, request: OpenRequest) -> None:
        """Answer one request for a service whose name begins with `mmi.`."""
        if not request.id:
            self._dispatcher.reply(request, [self._plain(request)])
            return
        answer = self._answers.get(request.service)
        if answer is None:
            self._dispatcher.refuse(request, NotFound(f"the broker has no service {request.service}"))
            return
        try:
            params = unpack_map(_bytes(request, 1))
        except WireError as error:
            self._dispatcher.refuse(request, InvalidRequest(f"params of {request.service}: {error}"))
            return
        given = answer(request, params)
        result = Reply(fields_of(given) if isinstance(given, Message) else given)
        self._dispatcher.reply(request, [bytes(part) for part in reply_body(request.id, result)])

    def _plain(self, request: OpenRequest) -> bytes:
        """Returns the body of an RFC 8 reply: one frame with a code."""
        if request.service != mesh.Management.has_worker.name:
            return UNIMPLEMENTED
        return FOUND if self._is_served(_bytes(request, 0).decode(errors="replace")) else ABSENT

    def _is_served(self, name: str) -> bool:
        service = self._dispatcher.services.get(name)
        return bool(service and service.workers)

    def _service(self, _request: OpenRequest, params: dict[str, Any]) -> mesh.ServiceCode:
        name = str(params.get("service", ""))
        return mesh.ServiceCode(service=name, code=int(FOUND if self._is_served(name) else ABSENT))

    def _services(self, _request: OpenRequest, _params: dict[str, Any]) -> mesh.Services:
        services = [s for s in self._dispatcher.services.values() if not is_private(s.name)]
        return mesh.Services(services=[_service_row(s) for s in sorted(services, key=lambda s: s.name)])

    def _workers(self, _request: OpenRequest, _params: dict[str, Any]) -> dict[str, Any]:
        """Returns `mesh.Workers`, each row extended with the worker's READY map."""
        workers = [w for w in self._dispatcher.workers.values() if not is_private(w.service.name)]
        ordered = sorted(workers, key=lambda w: (w.service.name, w.name))
        return {"workers": [worker.info | fields_of(_worker_row(worker)) for worker in ordered]}

    def _queues(self, _request: OpenRequest, _params: dict[str, Any]) -> mesh.Queues:
        services = [s for s in self._dispatcher.services.values() if not is_private(s.name)]
        return mesh.Queues(
            queues={s.name: s.queue.depth() | {"suspects": len(s.suspects)} for s in services},
            open=len(self._dispatcher.in_flight),
            bytes=self._dispatcher.in_flight.bytes,
            counters=asdict(self._dispatcher.counters),
            started_at=self._started_at,
        )

    def _cancel(self, request: OpenRequest, params: dict[str, Any]) -> mesh.Cancelled:
        return mesh.Cancelled(cancelled=self._dispatcher.cancel(request.client, str(params.get("id", ""))))


def _service_row(service: ServiceQueue) -> mesh.ServiceRow:
    return mesh.ServiceRow(
        service=service.name,
        workers=len(service.workers),
        credit=sum(worker.credit for worker in service.workers),
        queued=service.waiting,
        in_flight=sum(len(worker.holds) for worker in service.workers),
        configured=service.configured,
    )


def _worker_row(worker: RegisteredWorker) -> mesh.WorkerRow:
    """Returns what the broker itself knows about a worker, without its READY map."""
    return mesh.WorkerRow(
        service=worker.service.name,
        worker=worker.name,
        host=worker.host,
        pid=worker.pid,
        credit=worker.credit,
        in_flight=len(worker.holds),
        since=worker.since,
        silent_seconds=max(0.0, time.monotonic() - worker.seen),
        foreign=not worker.ours,
    )


def _bytes(request: OpenRequest, index: int) -> bytes:
    """Returns a body frame, or b"" if there is none."""
    if index >= len(request.body):
        return b""
    part = request.body[index]
    return part.bytes if isinstance(part, zmq.Frame) else part
