"""The blocking client: any thread may call; one I/O thread owns the socket."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from types import TracebackType
from typing import Any, Final

import zmq

from broker.client_core import OpenCalls, Outcome, closed, new_call
from broker.connection import Connection
from broker.wire import Reply
from contract.errors import MeshError
from contract.message import Message
from contract.operation import INTERACTIVE, Buffer

#: Milliseconds between two checks of deadlines.
TICK_MS: Final = 100


class MeshClient:
    """Calls services of the mesh. Connects by itself and waits for a broker that has not started yet."""

    def __init__(self, endpoint: str, calls: OpenCalls | None = None) -> None:
        self._connection = Connection(endpoint, zmq.Context())
        self._calls = OpenCalls() if calls is None else calls
        self._todo: deque[Callable[[], None]] = deque()
        self._wake, self._bell = socket.socketpair()
        self._bell.setblocking(False)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mesh-client", daemon=True)
        self._thread.start()

    def call(
        self,
        service: str,
        op: str,
        params: Mapping[str, Any] | Message | None = None,
        blobs: Sequence[Buffer] = (),
        *,
        timeout: float = 30.0,
        lane: str = INTERACTIVE,
        trace: str = "",
    ) -> Reply:
        """Call `op` of `service` and wait at most `timeout` seconds for the reply. Raises a `MeshError` on failure."""
        return self.submit(service, op, params, blobs, timeout=timeout, lane=lane, trace=trace).result()

    def submit(
        self,
        service: str,
        op: str,
        params: Mapping[str, Any] | Message | None = None,
        blobs: Sequence[Buffer] = (),
        *,
        timeout: float = 30.0,
        lane: str = INTERACTIVE,
        trace: str = "",
    ) -> Future[Reply]:
        """Like `call`, but returns a future of the reply at once. Cancelling it takes the request back."""
        future: Future[Reply] = Future()
        call = new_call(service, op, params, blobs, timeout, lane, trace, lambda outcome: _settle(future, outcome))
        if self._closing.is_set():
            raise closed()
        future.add_done_callback(lambda done: self._cancel(call.header.id) if done.cancelled() else None)
        self._do(lambda: self._connection.start(self._calls, call))
        return future

    def close(self) -> None:
        """End the I/O thread; open calls fail."""
        if not self._closing.is_set():
            self._closing.set()
            self._ring()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def __enter__(self) -> MeshClient:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def _cancel(self, request_id: str) -> None:
        self._do(lambda: self._connection.cancel(self._calls, request_id))

    def _do(self, task: Callable[[], None]) -> None:
        """Run a task in the I/O thread, which owns the socket."""
        self._todo.append(task)
        self._ring()

    def _ring(self) -> None:
        try:
            self._bell.send(b".")
        except (BlockingIOError, OSError):  # already signalled, or the client is closed
            return

    def _run(self) -> None:
        poller = zmq.Poller()
        for readable in (self._connection.socket, self._connection.monitor, self._wake):
            poller.register(readable, zmq.POLLIN)
        while not self._closing.is_set():
            ready = dict(poller.poll(TICK_MS))
            if self._wake.fileno() in ready:
                self._wake.recv(4096)
            self._work()
            if self._connection.monitor in ready:
                self._connection.after_monitor(self._calls)
            self._connection.receive_all(self._calls)
            self._calls.expire()
        self._work()
        self._calls.fail_all(closed())
        self._connection.close()
        self._wake.close()
        self._bell.close()

    def _work(self) -> None:
        while self._todo:
            self._todo.popleft()()


def _settle(future: Future[Reply], outcome: Outcome) -> None:
    try:
        if isinstance(outcome, MeshError):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
    except InvalidStateError:  # cancelled in the meantime
        return
