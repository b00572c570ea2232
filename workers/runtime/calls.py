"""The calls that a worker holds: accepted, perhaps sent again by the broker, answered."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping

from broker.wire import split_request
from contract.errors import InvalidRequest, MeshError
from contract.operation import INTERACTIVE, LANES, Buffer
from workers.runtime.broker_connection import Address, BrokerConnection, Delivery
from workers.runtime.compute import WorkerStatus, pack_outcome
from workers.runtime.inbox import Inbox, QueuedCall
from workers.runtime.service import Call, Handler, Outcome


class Calls:
    """Calls from their arrival to their reply. Only the thread that serves the sockets may use it, except for `answer`.

    `wake` ends a turn that waits.
    """

    def __init__(self, threads: int, state: WorkerStatus, wake: Callable[[], None]) -> None:
        self.inbox = Inbox(threads, self.answer, wake)
        self._state = state
        self._wake = wake
        self._held: list[QueuedCall] = []
        self._answers: deque[tuple[QueuedCall, list[Buffer], bool]] = deque()
        self._registration = 0

    def __len__(self) -> int:
        return len(self._held)

    def accept(self, request_id: str, call: Call, operation: Handler, address: Address) -> None:
        """Put a call into the inbox, unless it is in progress: then only its reply is redirected."""
        if not self._readdress(request_id, address):
            queued = QueuedCall(request_id, call, operation, address)
            self._held.append(queued)
            self.inbox.put(queued)

    def _readdress(self, request_id: str, address: Address) -> bool:
        """Returns whether the request, lost by the broker and sent again, is in progress; redirects its reply if so."""
        for queued in self._held:
            if queued.id == request_id and queued.address.registration != address.registration:
                queued.address = address
                return True
        return False

    def forget_lost(self, registration: int) -> None:
        """Drop waiting calls of an earlier registration: they come again. Calls in progress stay: see `accept`."""
        if registration == self._registration:
            return
        self._registration = registration
        for queued in self.inbox.drop(lambda queued: queued.address.registration != registration):
            self._held.remove(queued)

    def answer(self, queued: QueuedCall, outcome: Outcome) -> None:
        """Queue a reply for the next turn. Callable from any thread."""
        self._answers.append((queued, pack_outcome(queued.id, queued.call.op, outcome), isinstance(outcome, MeshError)))
        self._wake()

    def send_answers(self, connection: BrokerConnection | None) -> None:
        """Send the queued replies."""
        while self._answers:
            queued, body, failed = self._answers.popleft()
            self._held.remove(queued)
            self._state.handled += 1
            self._state.failed += failed
            if connection is not None:
                connection.reply(queued.address, body)


def read_call(request: Delivery) -> tuple[str, Call]:
    """Returns the request id and the call. Raises `WireError`."""
    header, params, blobs = split_request(request.body)
    lane = header.lane if header.lane in LANES else INTERACTIVE
    return header.id, Call(
        header.op, params, blobs, lane, header.deadline, header.attempt, header.trace, received=time.time()
    )


def unknown(op: str, known: Mapping[str, Handler]) -> InvalidRequest:
    """Returns the error for an operation that is not served."""
    return InvalidRequest(f"there is no operation {op[:80]!r}; the operations are {', '.join(known)}", {"field": "op"})
