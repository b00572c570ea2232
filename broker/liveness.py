"""Heartbeats: the broker sends them to every worker and drops workers that stay silent."""

from __future__ import annotations

import time

from broker.dispatch import Dispatcher, Outbox
from broker.services import RegisteredWorker
from broker.wire import DISCONNECT, HEARTBEAT, WORKER
from contract.mesh import FOREIGN_SILENCE_SECONDS, HEARTBEAT_SECONDS, SILENCE_SECONDS


class Liveness:
    """Sends heartbeats and checks for silence. Times are monotonic seconds."""

    def __init__(self, send: Outbox, dispatcher: Dispatcher) -> None:
        self.send = send
        self._dispatcher = dispatcher
        self._last = time.monotonic()

    def tick(self, now: float) -> None:
        """Send heartbeats and check workers if a heartbeat is due. Call often."""
        elapsed = now - self._last
        if elapsed < HEARTBEAT_SECONDS:
            return
        self._last = now
        stalled = elapsed - HEARTBEAT_SECONDS
        for worker in tuple(self._dispatcher.workers.values()):
            if stalled > HEARTBEAT_SECONDS:  # this process slept: the silence was not the worker's fault
                worker.seen += stalled
            self._check(worker, now)
        self._dispatcher.tidy(now)

    def _check(self, worker: RegisteredWorker, now: float) -> None:
        allowed = SILENCE_SECONDS if worker.ours else FOREIGN_SILENCE_SECONDS
        if now - worker.seen > allowed:
            self._dispatcher.lose(worker, f"no heartbeat for {now - worker.seen:.1f} s")
        else:
            self.send(worker.address, _frames(worker.delimiter, HEARTBEAT))

    def dismiss(self, address: bytes, delimiter: bool) -> None:
        """Tell a peer that speaks like a worker but is not registered to register."""
        self.send(address, _frames(delimiter, DISCONNECT))

    def farewell(self) -> None:
        """Tell every worker that this broker is leaving, so that it registers with the next one at once."""
        for worker in self._dispatcher.workers.values():
            self.dismiss(worker.address, worker.delimiter)


def _frames(delimiter: bool, command: bytes) -> tuple[bytes, ...]:
    return (b"", WORKER, command) if delimiter else (WORKER, command)
