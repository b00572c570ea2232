"""An interactive request under a saturating batch job: how long it waits, and what the job loses.

One worker on the real loop holds as many calls as a model's worker (credit 8) and computes them in batches of 4 for
`--batch-ms` each. The job keeps 64 requests open in the lane `batch`; somebody asks now and then in the lane
`interactive`, for another operation.

    python -m bench.flow [--seconds 10] [--batch-ms 100] [--json]

The wait is counted in batches: 1 is the batch in progress.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import ClassVar, Final

import numpy as np

from bench.faults.supervised import BROKER, SupervisedProcesses
from bench.report import Row, report
from broker.client import MeshClient
from broker.process import on_stop, setup_logging
from broker.wire import Reply
from contract.operation import BATCH, INTERACTIVE
from contract.settings import load_settings
from workers.runtime.leave import leave
from workers.runtime.service import Call, Handler, Service
from workers.runtime.settings import WorkerSettings
from workers.runtime.worker import Worker

SERVICE: Final = "flow"
#: As in a model's worker.
CREDIT, BATCH_SIZE = 8, 4
#: Open requests of the job, and seconds that an interactive call computes.
WINDOW, ASK_SECONDS = 64, 0.005
#: Mean seconds between two interactive requests, and that any request may take.
EVERY_SECONDS, TIMEOUT = 0.4, 60.0
#: Batches that an interactive request may wait: the one in progress, and a tenth for the way there and back.
MOST: Final = 1.1


class FlowService(Service):
    """`flow`: `work` is computed in batches, `ask` alone."""

    credit: ClassVar[int] = CREDIT

    def __init__(self, batch_seconds: float) -> None:
        self._batch_seconds = batch_seconds

    @property
    def name(self) -> str:
        return SERVICE

    def operations(self) -> Mapping[str, Handler]:
        return {"work": Handler(self._work, batch=BATCH_SIZE), "ask": Handler(_ask)}

    def _work(self, calls: Sequence[Call]) -> Sequence[Reply]:
        time.sleep(self._batch_seconds)
        return [Reply() for _ in calls]


def _ask(calls: Sequence[Call]) -> Sequence[Reply]:
    time.sleep(ASK_SECONDS)
    return [Reply() for _ in calls]


class Job:
    """Keeps `WINDOW` requests open until `stop`."""

    def __init__(self, client: MeshClient) -> None:
        self._client = client
        self._ends = Event()
        self.done = 0
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        waiting: set[Future[Reply]] = set()
        while not self._ends.is_set():
            while len(waiting) < WINDOW:
                waiting.add(self._client.submit(SERVICE, "work", timeout=TIMEOUT, lane=BATCH))
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            self.done += sum(future.result() is not None for future in done)
        for future in waiting:
            future.cancel()

    def stop(self) -> int:
        self._ends.set()
        self._thread.join()
        return self.done


def rate(client: MeshClient, seconds: float, waits: list[float] | None) -> float:
    """Returns the job's requests a second; asks meanwhile, and adds seconds to `waits`, unless that is None."""
    chance = random.Random(0)
    job = Job(client)
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        time.sleep(chance.uniform(0.5, 1.5) * EVERY_SECONDS)
        if waits is not None:
            asked = time.monotonic()
            client.call(SERVICE, "ask", timeout=TIMEOUT, lane=INTERACTIVE)
            waits.append(time.monotonic() - asked - ASK_SECONDS)
    return job.stop() / (time.monotonic() - began)


@contextmanager
def opened(batch_ms: float) -> Iterator[SupervisedProcesses]:
    """A broker and the worker."""
    with tempfile.TemporaryDirectory(prefix="sm") as folder:
        worker = ("-m", "bench.flow", "--serve", str(batch_ms))
        mesh = SupervisedProcesses(Path(folder), {"broker": BROKER, "flow_01": worker})
        try:
            mesh.wait_for(SERVICE)
            yield mesh
        finally:
            mesh.close()


def measure(seconds: float, batch_ms: float) -> list[Row]:
    """Returns the figures of one run."""
    waits: list[float] = []
    with opened(batch_ms) as mesh:
        alone = rate(mesh.client, seconds, None)
        beside = rate(mesh.client, seconds, waits)
    batches = 1000 * np.array(waits) / batch_ms
    half, most, worst = (float(np.percentile(batches, share)) for share in (50, 95, 100))
    # What the asking itself computes is not the mesh's.
    share = len(waits) * ASK_SECONDS / seconds
    return [
        Row("interactive requests", len(waits), ""),
        Row("wait, p50", half, "batches"),
        Row("wait, p95", most, "batches", f"<= {MOST}", most <= MOST),
        Row("wait, worst", worst, "batches"),
        Row("the job alone", alone, "requests/s"),
        Row("the job beside them", beside, "requests/s"),
        Row("the job's loss", 100 * (1 - beside / alone), "%", f"{100 * share:.1f} % is computed for them"),
    ]


def main(arguments: Sequence[str]) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--batch-ms", type=float, default=100.0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve is not None:
        return serve(options.serve / 1000)
    return report("interactive requests under a job", measure(options.seconds, options.batch_ms), options.json)


def serve(batch_seconds: float) -> int:
    """Be the worker until SIGTERM."""
    settings = load_settings(WorkerSettings)
    setup_logging(settings.log_level)
    worker = Worker(FlowService(batch_seconds), "flow_01", settings)
    on_stop(worker.stop)
    return worker.run()


if __name__ == "__main__":
    code = main(sys.argv[1:])
    leave(code) if "--serve" in sys.argv else sys.exit(code)
