"""Heartbeats: the broker beats for every worker, and a worker that stays silent is lost."""

from __future__ import annotations

import time

from broker.dispatch import Dispatcher, Outbox
from broker.services import Worker
from broker.wire import DISCONNECT, HEARTBEAT, WORKER
from contract.mesh import FOREIGN_SILENCE_SECONDS, HEARTBEAT_SECONDS, SILENCE_SECONDS


class Liveness:
    """Beats and listens. Times are monotonic seconds."""

    def __init__(self, send: Outbox, dispatcher: Dispatcher) -> None:
        self.send = send
        self._dispatcher = dispatcher
        self._last = time.monotonic()

    def tick(self, now: float) -> None:
        """Call often; it does its work once a heartbeat."""
        elapsed = now - self._last
        if elapsed < HEARTBEAT_SECONDS:
            return
        self._last = now
        stalled = elapsed - HEARTBEAT_SECONDS
        for worker in tuple(self._dispatcher.workers.values()):
            if stalled > HEARTBEAT_SECONDS:  # this process slept: silence meanwhile was not the worker's
                worker.seen += stalled
            self._check(worker, now)
        self._dispatcher.tidy(now)

    def _check(self, worker: Worker, now: float) -> None:
        allowed = SILENCE_SECONDS if worker.ours else FOREIGN_SILENCE_SECONDS
        if now - worker.seen > allowed:
            self._dispatcher.lose(worker, f"no heartbeat for {now - worker.seen:.1f} s")
        else:
            self.send(worker.address, _frames(worker.delimiter, HEARTBEAT))

    def dismiss(self, address: bytes, delimiter: bool) -> None:
        """Tell somebody who speaks like a worker and is none to register."""
        self.send(address, _frames(delimiter, DISCONNECT))

    def farewell(self) -> None:
        """Tell every worker that this broker goes, so that they register with the next one at once."""
        for worker in self._dispatcher.workers.values():
            self.dismiss(worker.address, worker.delimiter)


def _frames(delimiter: bool, command: bytes) -> tuple[bytes, ...]:
    return (b"", WORKER, command) if delimiter else (WORKER, command)
