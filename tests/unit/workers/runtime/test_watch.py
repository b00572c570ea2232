"""Whose turn it is at the worker's sockets: never two threads at once, never nobody for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from tests.harness.waiting import eventually
from workers.runtime.watch import PATIENCE_S, Watch


class Sockets:
    """Counts the turns of each thread and fails if two overlap; a turn waits for `wake`."""

    def __init__(self) -> None:
        self.watch = Watch(self.wake)
        self.turns: dict[str, int] = {"io": 0, "compute": 0}
        self.code: int | None = None
        self.overlapped = False
        self._awake = threading.Event()
        self._busy = threading.Lock()

    def wake(self) -> None:
        self._awake.set()

    def turn(self, seconds: float) -> int | None:
        if not self._busy.acquire(blocking=False):
            self.overlapped = True
            return 9
        try:
            self._awake.wait(min(seconds, 0.2))
            self._awake.clear()
            self.turns[threading.current_thread().name] += 1
            return self.code
        finally:
            self._busy.release()


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    made = Sockets()
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(made.watch.serve(made.turn)), name="io")
    thread.start()
    yield made
    made.code = 0
    made.watch.end()
    made.wake()
    thread.join(10)
    assert codes == [0]
    assert not made.overlapped


def compute(work: threading.Thread) -> None:
    work.start()
    work.join(30)
    assert not work.is_alive()


def test_the_compute_thread_gets_the_sockets_while_it_waits_and_keeps_them_between_short_batches(
    sockets: Sockets,
) -> None:
    def batches() -> None:
        for _ in range(200):
            with sockets.watch.held():
                sockets.turn(0.0)
            time.sleep(0)

    compute(threading.Thread(target=batches, name="compute"))
    assert sockets.turns["compute"] == 200
    eventually(lambda: sockets.watch.taken, "the I/O thread serves again")


def test_a_long_batch_leaves_the_sockets_to_the_io_thread(sockets: Sockets) -> None:
    seen: list[bool] = []

    def batch() -> None:
        with sockets.watch.held():
            sockets.turn(0.0)
        before = sockets.turns["io"]
        sockets.wake()
        until = time.monotonic() + 10
        while sockets.turns["io"] == before and time.monotonic() < until:
            time.sleep(PATIENCE_S)
        seen.append(sockets.turns["io"] > before)
        with sockets.watch.held():
            sockets.turn(0.0)

    compute(threading.Thread(target=batch, name="compute"))
    assert seen == [True]


def test_an_idle_worker_does_not_look_around(sockets: Sockets) -> None:
    def idle() -> None:
        with sockets.watch.held():
            before = sockets.turns["io"]
            time.sleep(10 * PATIENCE_S)
            assert sockets.turns["io"] == before
            sockets.turns["compute"] += 1

    compute(threading.Thread(target=idle, name="compute"))
    assert sockets.turns["compute"] == 1


def test_once_the_worker_ends_the_compute_thread_has_no_more_turns(sockets: Sockets) -> None:
    sockets.code = 0
    sockets.wake()
    eventually(lambda: sockets.watch.over, "the I/O thread has ended")
    with sockets.watch.held():
        assert sockets.watch.over
