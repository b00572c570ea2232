"""The gateway's calls into the mesh: measured, traced, and failing fast while the broker is down."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from broker.wire import Reply
from contract.errors import DeadlineExceeded, MeshError, NoWorker
from contract.mesh import (
    ANSWER_SECONDS,
    BROKER,
    HEARTBEAT_MISSES,
    HEARTBEAT_SECONDS,
    AsyncManagementClient,
    Queues,
    ServiceQuestion,
    ServiceRow,
    WorkerRow,
)
from contract.message import Message, Nothing
from contract.operation import INTERACTIVE, Buffer
from contract.worker import is_private
from gateway.http.tracing import TRACE

if TYPE_CHECKING:
    from broker.aio import AsyncMeshClient
    from gateway.metrics.metrics import Metrics

log = logging.getLogger(__name__)

#: Seconds that the broker may take to answer a ping; a failed ping is repeated at once.
PING_SECONDS: Final = 0.7
#: Seconds that calls wait for a lost broker: long enough for supervisord to start another one on a busy machine.
RETURN_SECONDS: Final = 10.0
#: Metrics label shared by the calls to all private services.
PRIVATE: Final = "worker"

#: Registered workers by service.
Workers = Mapping[str, Sequence[WorkerRow]]


class MeshConnection:
    """Calls to the services, and the broker's own state."""

    def __init__(self, client: AsyncMeshClient, metrics: Metrics) -> None:
        self._client = client
        self._broker = AsyncManagementClient(client)
        self._metrics = metrics
        self._misses = 0
        self._answered = time.monotonic()
        self._given_up = False

    @property
    def broker_up(self) -> bool:
        """Whether the broker answered recently: a restart takes less than `HEARTBEAT_MISSES` pings in a row."""
        return self._misses < HEARTBEAT_MISSES

    async def call(
        self,
        service: str,
        op: str,
        params: Mapping[str, Any] | Message | None = None,
        blobs: Sequence[Buffer] = (),
        *,
        timeout: float,
        lane: str = INTERACTIVE,
    ) -> Reply:
        """Make one call. If the broker is down, wait for its return for up to `RETURN_SECONDS` from when it was lost.

        Raises the typed errors of the service, and `NoWorker` if the broker has not returned.
        """
        label = PRIVATE if is_private(service) else service
        began = time.perf_counter()
        try:
            if self._given_up:
                raise _away()
            reply = await self._client.call(service, op, params, blobs, timeout=timeout, lane=lane, trace=TRACE.get())
        except MeshError as error:
            self._metrics.call_errors.labels(label, error.code).inc()
            raise
        self._metrics.observe_call(label, time.perf_counter() - began, reply.seconds)
        return reply

    async def workers(self) -> Workers:
        """Return the registered workers by service: the name of each and what it told the broker."""
        if not self.broker_up:
            raise _away()
        return (await self._broker.workers(Nothing(), timeout=ANSWER_SECONDS)).by_service()

    async def services(self) -> Sequence[ServiceRow]:
        """Return all services."""
        return (await self._broker.services(Nothing(), timeout=ANSWER_SECONDS)).services

    async def waiting(self) -> Queues:
        """Return what waits, and what the broker has counted."""
        return await self._broker.queues(Nothing(), timeout=ANSWER_SECONDS)

    async def queues(self) -> Mapping[str, Mapping[str, int]]:
        """Return the number of waiting requests by service and lane."""
        return (await self.waiting()).queues

    async def ping(self) -> None:
        """Raises `NoWorker` if the broker does not answer."""
        try:
            async with asyncio.timeout(PING_SECONDS):
                await self._broker.has_worker(ServiceQuestion(), timeout=PING_SECONDS)
        except (DeadlineExceeded, TimeoutError):
            raise _away() from None

    async def watch(self) -> None:
        """Ping the broker until cancelled."""
        while True:
            try:
                await self.ping()
            except MeshError:
                self._missed()
            else:
                self._returned()
            self._metrics.broker_up.set(self.broker_up)
            await asyncio.sleep(0 if 0 < self._misses < HEARTBEAT_MISSES else HEARTBEAT_SECONDS)

    def _returned(self) -> None:
        if not self.broker_up:
            log.info("the broker answers again")
        self._misses, self._answered, self._given_up = 0, time.monotonic(), False

    def _missed(self) -> None:
        """Count a miss; once the broker has been away for too long, end all calls, which would wait until deadlines."""
        self._misses += 1
        if self._misses == HEARTBEAT_MISSES:
            log.warning("the broker does not answer; requests wait for it for %.0f s, then get 503", RETURN_SECONDS)
        if self._given_up or time.monotonic() - self._answered < RETURN_SECONDS:
            return
        self._given_up = True
        log.warning("the broker has not returned; requests get 503 until it does")
        self._client.give_up(_away)


def _away() -> NoWorker:
    return NoWorker("the broker does not answer; is it running? (sonicmesh status)", {"service": BROKER})
