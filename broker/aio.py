"""The asyncio client: the event loop reads a plain DEALER, for several times the throughput of `zmq.asyncio`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final

import zmq

from broker.client_core import OpenCall, OpenCalls, Outcome, closed, new_call
from broker.connection import Connection
from broker.wire import Reply
from contract.errors import MeshError
from contract.message import Message
from contract.operation import INTERACTIVE, Buffer

#: Seconds between two checks of deadlines while calls are open.
TICK_SECONDS: Final = 0.1


class AsyncMeshClient:
    """Calls services of the mesh from one event loop, the one that makes the first call."""

    def __init__(self, endpoint: str) -> None:
        self._connection = Connection(endpoint, zmq.Context())
        self._calls = OpenCalls()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        #: Calls made in this turn of the loop; sent together at its end, to wake ZeroMQ only once.
        self._made: list[tuple[OpenCall, asyncio.Future[Reply]]] = []

    async def call(
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
        """Call `op` of `service`. Returns the reply within `timeout` seconds or raises a `MeshError`.

        Cancelling the awaiting task takes the request back.
        """
        if self._closed:
            raise closed()
        loop = self._attach()
        future: asyncio.Future[Reply] = loop.create_future()
        call = new_call(service, op, params, blobs, timeout, lane, trace, lambda outcome: _settle(future, outcome))
        self._made.append((call, future))
        if len(self._made) == 1:
            loop.call_soon(self._send_made)
        try:
            return await future
        finally:
            if future.cancelled() and not self._closed:
                self._connection.cancel(self._calls, call.header.id)
                self._on_readable()

    def give_up(self, error: Callable[[], MeshError]) -> None:
        """Take every open call back; each fails with its own `error()`."""
        self._send_made()
        for request_id, call in self._calls.open():
            self._connection.cancel(self._calls, request_id)
            call.done(error())
        if self._loop is not None:
            self._on_readable()

    def close(self) -> None:
        """Leave the loop; open calls fail."""
        if self._closed:
            return
        self._closed = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._connection.socket.FD)
            self._loop.remove_reader(self._connection.monitor.FD)
        if self._timer is not None:
            self._timer.cancel()
        for call, _ in self._made:
            call.done(closed())
        self._calls.fail_all(closed())
        self._connection.close()

    async def __aenter__(self) -> AsyncMeshClient:
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def _attach(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
            loop.add_reader(self._connection.socket.FD, self._on_readable)
            loop.add_reader(self._connection.monitor.FD, self._on_monitor)
            self._on_monitor()
        elif self._loop is not loop:
            raise RuntimeError("an AsyncMeshClient can only be used in the event loop of its first call")
        return loop

    def _send_made(self) -> None:
        if self._closed:
            return
        made, self._made = self._made, []
        for call, future in made:
            if not future.done():
                self._connection.start(self._calls, call)
        self._on_readable()
        self._keep_time()

    def _on_readable(self) -> None:
        """Read all messages: the descriptor only signals changes, and any send may swallow a signal."""
        self._connection.receive_all(self._calls)

    def _on_monitor(self) -> None:
        self._connection.after_monitor(self._calls)
        self._on_readable()

    def _keep_time(self) -> None:
        """Tick while calls are open."""
        if self._timer is None and self._loop is not None and len(self._calls):
            self._timer = self._loop.call_later(TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._calls.expire()
        self._on_readable()
        self._keep_time()


def _settle(future: asyncio.Future[Reply], outcome: Outcome) -> None:
    if future.done():
        return
    if isinstance(outcome, MeshError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
