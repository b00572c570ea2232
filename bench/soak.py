"""A mixed load for minutes: lists, searches, questions, jobs, subscribers that come and go, a worker that dies.

    python -m bench.soak [--minutes 10] [--json]

Every process must have as much memory, as many descriptors and threads at the end as once it was warm, and no request
may be lost, fail or be answered wrongly. One of two model workers is killed each minute.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.faults.load import Load
from bench.faults.meshes import TracksMesh, embed, opened, under_lists
from bench.faults.supervised import SupervisedProcesses
from bench.faults.tally import Tally
from bench.processes import resident_bytes
from bench.report import Row, report
from broker.client import MeshClient
from broker.events import EventSubscriber
from contract.errors import MeshError
from contract.mesh import ManagementClient
from contract.message import Nothing

#: Seconds between two samples, two deaths, and two subscribers; a subscriber's longest stay.
SAMPLE_SECONDS, DEATH_SECONDS, SUBSCRIBER_SECONDS, STAY_SECONDS = 5.0, 60.0, 0.5, 3.0
#: Seconds after its start in which a process warms up: caches fill, pools grow.
WARM_SECONDS: Final = 45.0
#: What a process may gain after that: bytes and share of its memory, descriptors, threads.
MEMORY_BYTES, MEMORY_SHARE, DESCRIPTORS, THREADS = 16 * 1024 * 1024, 0.1, 12, 6
#: Processes that are killed in turn.
VICTIMS: Final = ("spectral_02",)
MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sample:
    """What one process has: `at` in monotonic seconds, memory in bytes."""

    pid: int
    at: float
    memory: int
    descriptors: int
    threads: int


def sample(pid: int) -> Sample | None:
    """Returns what a process has now; None if it has ended."""
    try:
        descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
        return Sample(pid, time.monotonic(), resident_bytes(pid), descriptors, threads)
    except OSError:
        return None


class Recorder:
    """Samples every process until `stop`."""

    def __init__(self, mesh: SupervisedProcesses) -> None:
        self.samples: dict[str, list[Sample]] = defaultdict(list)
        self._mesh = mesh
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ends.wait(SAMPLE_SECONDS):
            for name, process in self._mesh.processes.items():
                taken = sample(process.pid)
                if taken is not None:
                    self.samples[name].append(taken)

    def stop(self) -> None:
        self._ends.set()
        self._thread.join()


def growth(samples: Sequence[Sample]) -> tuple[Sample, Sample] | None:
    """Returns the least sample of the last process once it was warm, and its last; None if it did not live so long.

    Memory is the median of three samples, at both ends: a single one shows what a request in progress holds.
    """
    last = [each for each in samples if each.pid == samples[-1].pid]
    warm = [each for each in last if each.at - samples[0].at >= WARM_SECONDS and each.at - last[0].at >= WARM_SECONDS]
    if len(warm) < 6:
        return None
    return _middle(warm[:3]), _middle(warm[-3:])


def _middle(samples: Sequence[Sample]) -> Sample:
    def median(name: str) -> int:
        values: list[int] = sorted(getattr(each, name) for each in samples)
        return values[len(values) // 2]

    first = samples[0]
    return Sample(first.pid, first.at, median("memory"), median("descriptors"), median("threads"))


def mixed(tracks: TracksMesh, minutes: float) -> tuple[Recorder, Tally, int]:
    """Run the load. Returns samples, what became of the requests, and how many requests the broker still holds."""
    mesh = tracks.processes
    recorder = Recorder(mesh)
    ends = threading.Event()
    others = [threading.Thread(target=run, args=(mesh, ends), daemon=True) for run in (_jobs, _subscribers, _deaths)]

    def during(_loads: Sequence[Load]) -> None:
        for thread in others:
            thread.start()
        time.sleep(60 * minutes)
        ends.set()
        for thread in others:
            thread.join()

    tally = under_lists(tracks, during)
    time.sleep(2 * SAMPLE_SECONDS)
    recorder.stop()
    return recorder, tally, ManagementClient(mesh.client).queues(Nothing(), timeout=30.0).open


def _jobs(mesh: SupervisedProcesses, ends: threading.Event) -> None:
    with MeshClient(mesh.settings.broker_endpoint) as client:
        while not ends.is_set():
            try:
                embed(client)
            except MeshError:
                ends.wait(1.0)


def _subscribers(mesh: SupervisedProcesses, ends: threading.Event) -> None:
    chance = random.Random(0)
    here: list[tuple[float, EventSubscriber]] = []
    while not ends.wait(SUBSCRIBER_SECONDS):
        until = time.monotonic() + chance.uniform(0.0, STAY_SECONDS)
        here.append(
            (until, EventSubscriber(mesh.settings.events_endpoint, (chance.choice(("", "batch.", "worker.")),)))
        )
        for _, subscriber in here:
            subscriber.receive(0.0)
        for leaving in [each for each in here if each[0] < time.monotonic()]:
            here.remove(leaving)
            leaving[1].close()
    for _, subscriber in here:
        subscriber.close()


def _deaths(mesh: SupervisedProcesses, ends: threading.Event) -> None:
    number = 0
    while not ends.wait(DEATH_SECONDS):
        mesh.kill([VICTIMS[number % len(VICTIMS)]])
        number += 1


def rows(recorder: Recorder, tally: Tally, still_open: int) -> list[Row]:
    """Returns the figures with their goals."""
    found = []
    for name, samples in sorted(recorder.samples.items()):
        ends = growth(samples)
        if ends is None:
            found.append(Row(f"{name}: memory", samples[-1].memory / MEGABYTE, "MB", "killed too late to say"))
            continue
        warm, last = ends
        most = warm.memory + max(MEMORY_BYTES, MEMORY_SHARE * warm.memory)
        goal = f"<= {most / MEGABYTE:.0f} (warm: {warm.memory / MEGABYTE:.0f})"
        found.append(Row(f"{name}: memory", last.memory / MEGABYTE, "MB", goal, last.memory <= most))
        for what, more in (("descriptors", DESCRIPTORS), ("threads", THREADS)):
            before, after = getattr(warm, what), getattr(last, what)
            found.append(
                Row(f"{name}: {what}", after, "", f"<= {before + more} (warm: {before})", after <= before + more)
            )
    bad = tally.failed.total() + tally.lost + tally.wrong + tally.twice
    return [
        *found,
        Row("requests", tally.sent, "", "answered rightly", tally.good),
        Row("failed, lost, wrong, twice", bad, "", "0", bad == 0),
        Row("requests still open", still_open, "", "0", still_open == 0),
    ]


def main(arguments: Sequence[str]) -> int:
    """Run the load and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="sm") as folder, opened(Path(folder)) as mesh:
        recorder, tally, still_open = mixed(mesh, options.minutes)
        mesh.processes.wait_for("search")
    for trouble in tally.trouble[:10]:
        sys.stderr.write(f"{trouble}\n")
    return report(f"mixed load, {options.minutes:g} minutes", rows(recorder, tally, still_open), options.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
