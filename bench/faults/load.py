"""A load of idempotent requests that keeps a few of them open and checks each answer.

python -m bench.faults.load ENDPOINT SECONDS TIMEOUT     # in a process of its own; prints the tally as JSON
"""

from __future__ import annotations

import json
import select
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from typing import Final

from bench.faults.tally import Tally
from broker.client import MeshClient
from broker.client_core import Frames, OpenCalls
from broker.wire import CLIENT_FINAL, Reply, WireError, split_reply
from contract.errors import MeshError
from contract.operation import Buffer

#: The service of the worker under faults, its operation, and seconds that one call of it computes.
SERVICE: Final = "fault"
SQUARE: Final = "square"
WORK_SECONDS: Final = 0.004
#: Requests that one load keeps open, and seconds beyond a deadline after which a request counts as lost.
WINDOW: Final = 8
GRACE_SECONDS: Final = 10.0


class CountingCalls(OpenCalls):
    """Open calls that count surplus answers."""

    def __init__(self) -> None:
        super().__init__()
        self._answered: set[str] = set()
        self.twice = 0

    def receive(self, frames: Sequence[Buffer]) -> Frames | None:
        again = super().receive(frames)
        if frames[1] != CLIENT_FINAL:
            return again
        try:
            request_id, _ = split_reply(frames[3:])
        except WireError:
            return again
        if again is None:
            self.twice += request_id in self._answered
            self._answered.add(request_id)
        return again


#: Makes the request of a number; raises a `MeshError` or returns whether the answer is right.
Asking = Callable[[int], bool]


class Load:
    """`WINDOW` threads that ask until `stop`."""

    def __init__(self, ask: Asking, window: int = WINDOW, seconds: float = 60.0) -> None:
        self.tally = Tally()
        self._ask = ask
        self._patience = seconds + GRACE_SECONDS
        self._stopping = threading.Event()
        self._numbers = iter(range(10**9))
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(window)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            number = next(self._numbers)
            self.tally.send()
            try:
                if self._ask(number):
                    self.tally.right()
                else:
                    self.tally.mistake(f"request {number} was answered wrongly")
            except MeshError as error:
                self.tally.fail(error.code)
                self.tally.expect(False, error.message[:120])
            except Late:
                self.tally.lost += 1

    def stop(self) -> Tally:
        """Wait for the open requests. Returns the counts."""
        self._stopping.set()
        until = time.monotonic() + self._patience
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        self.tally.lost += sum(thread.is_alive() for thread in self._threads)
        return self.tally


def squares(client: MeshClient, timeout: float, service: str = SERVICE) -> Asking:
    """Asks the worker under faults for squares."""

    def ask(number: int) -> bool:
        params = {"n": number, "seconds": WORK_SECONDS}
        future: Future[Reply] = client.submit(service, SQUARE, params, timeout=timeout)
        return bool(future.result(timeout + GRACE_SECONDS).result["square"] == number * number)

    return ask


def under_load(endpoint: str, timeout: float, during: Callable[[Load], None]) -> Tally:
    """Returns what became of the squares that were asked for while `during` ran."""
    calls = CountingCalls()
    client = MeshClient(endpoint, calls)
    load = Load(squares(client, timeout), seconds=timeout)
    try:
        during(load)
    finally:
        tally = load.stop()
        client.close()
    tally.twice = calls.twice
    return tally


def rest(seconds: float) -> None:
    """Sleep. libfaketime breaks `time.sleep`, which waits for a time of the faked clock."""
    select.select([], [], [], seconds)


def main(endpoint: str, seconds: float, timeout: float) -> None:
    """Ask for `seconds`, and print the tally."""
    began = time.monotonic()
    tally = under_load(endpoint, timeout, lambda _load: rest(seconds))
    names = ("sent", "answered", "wrong", "lost", "twice", "failed", "trouble")
    print(json.dumps({name: getattr(tally, name) for name in names} | {"silence": tally.silence(began + 1)}))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
