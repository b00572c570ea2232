"""Jobs under `kill -9`: each round rebuilds the demo library's vectors while one random process, or all of them, die.

The processes are killed at a random moment. After each round there must be one row per embeddable track, the same
answers as an undisturbed run, and no track reported as done twice.

    python -m bench.crash [--rounds 50] [--small] [--seed 0] [--json]

The processes are the real ones: broker, search, library and a worker of `spectral`, each restarted when it dies.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import demo
from bench.report import Row, report
from broker.client import MeshClient
from broker.events import EventSubscriber
from contract.errors import Busy, DeadlineExceeded, ModelUnavailable, NoWorker, StoreUnavailable
from contract.events import TrackEnded
from contract.jobs import ENDED, Progress, StartRequest
from contract.library import LibraryClient
from contract.message import Message, Nothing
from contract.operation import BlockingCall
from contract.search import PageRequest, RecommendRequest, SearchClient, Seed
from contract.settings import MeshSettings

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)

PROCESSES: Final = {
    "broker": ("-m", "broker"),
    "search": ("-m", "workers", "search", "--name", "search"),
    "library": ("-m", "workers", "library", "--name", "library"),
    "spectral": ("-m", "workers", "embed", "spectral", "--name", "spectral_01"),
}
#: Every this many rounds, all processes are killed at once.
ALL_EVERY: Final = 5
#: Seconds that a round may take, and between checks.
ROUND_SECONDS: Final = 600.0
LOOK_SECONDS: Final = 0.1
#: Tracks whose answers are compared, tracks in an answer, and the largest difference of a score.
SEEDS, ANSWERS, TOLERANCE = 5, 10, 1e-5
#: Seconds that one call may take.
CALL_SECONDS: Final = 30.0
#: Errors that disappear once the process is back.
PASSING: Final = (NoWorker, Busy, DeadlineExceeded, StoreUnavailable, ModelUnavailable)


class CrashMesh:
    """The processes of one mesh, kept alive."""

    def __init__(self, folder: Path, library: demo.DemoLibrary) -> None:
        self._settings = MeshSettings(SONICMESH_RUN=folder / "run", SONICMESH_DATA=folder / "data")
        ours = ("SONICMESH_", "NAVIDROME_", "TEXT_EMBEDDING_", "BATCH_JOB_")
        self._environment = {key: value for key, value in os.environ.items() if not key.startswith(ours)} | {
            "SONICMESH_HOME": str(folder),
            "SONICMESH_LOG_LEVEL": "error",
            "SONICMESH_AUTO_EMBED": "false",
            "SONICMESH_MODELS": "spectral",
            "NAVIDROME_DB_PATH": str(library.database),
        }
        self._log = (folder / "processes.log").open("ab")
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self.processes = {name: self._spawn(name) for name in PROCESSES}
        self.client = MeshClient(self._settings.broker_endpoint)
        self.library = LibraryClient(self.client)
        self.search = SearchClient(self.client)
        self.events = EventSubscriber(self._settings.events_endpoint, (TrackEnded.topic,))
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def _spawn(self, name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, *PROCESSES[name]]
        return subprocess.Popen(command, env=self._environment, stdout=self._log, stderr=self._log)

    def _keep(self) -> None:
        while not self._closing.wait(LOOK_SECONDS):
            with self._lock:
                for name, process in self.processes.items():
                    if process.poll() is not None:
                        self.processes[name] = self._spawn(name)

    def kill(self, names: Sequence[str]) -> None:
        """Send SIGKILL."""
        with self._lock:
            for name in names:
                self.processes[name].kill()
            for name in names:
                self.processes[name].wait()

    def ask(self, call: BlockingCall[Q, A], request: Q) -> A:
        """Make one call, retried while its process is down."""
        until = time.monotonic() + ROUND_SECONDS
        while True:
            try:
                return call(request, timeout=CALL_SECONDS)
            except PASSING:
                if time.monotonic() > until:
                    raise
                time.sleep(LOOK_SECONDS)

    def close(self) -> None:
        self._closing.set()
        self._keeper.join()
        self.kill(list(self.processes))
        self.client.close()
        self.events.close()
        self._log.close()


@contextmanager
def running(folder: Path, library: demo.DemoLibrary) -> Iterator[CrashMesh]:
    """Run a mesh that knows the library."""
    mesh = CrashMesh(folder, library)
    try:
        while mesh.ask(mesh.library.status, Nothing()).state != "ready":
            time.sleep(LOOK_SECONDS)
        yield mesh
    finally:
        mesh.close()


def job(mesh: CrashMesh, chance: random.Random, seconds: float, victims: Sequence[str]) -> Progress:
    """Run one job that re-embeds everything; `victims` die at a random moment of its first `seconds`."""
    started = mesh.ask(mesh.library.start_job, StartRequest(clear_existing=True))
    time.sleep(chance.uniform(0.0, seconds))
    mesh.kill(victims)
    until = time.monotonic() + ROUND_SECONDS
    while time.monotonic() < until:
        told = mesh.ask(mesh.library.progress, Nothing())
        if told.status in ENDED and told.job_id == started.job_id:
            return told
        time.sleep(LOOK_SECONDS)
    raise TimeoutError(f"the job did not end within {ROUND_SECONDS:.0f} s")


def answers(mesh: CrashMesh) -> tuple[list[str], list[list[tuple[str, float]]]]:
    """Returns the tracks in the store, and its answers for some of them."""
    rows = mesh.ask(mesh.search.scan, PageRequest(model="spectral", limit=10_000)).rows
    ids = sorted(row.track_id for row in rows)
    found = []
    for seed in ids[:: max(1, len(ids) // SEEDS)]:
        request = RecommendRequest(limit=ANSWERS, seeds=[Seed(track_id=seed)])
        tracks = mesh.ask(mesh.search.recommend, request).tracks
        found.append([(track.track_id, track.score) for track in tracks])
    return ids, found


def same(
    one: tuple[list[str], list[list[tuple[str, float]]]], other: tuple[list[str], list[list[tuple[str, float]]]]
) -> bool:
    """Returns whether two meshes hold the same tracks and give the same answers, equally near."""
    return one[0] == other[0] and all(map(alike, one[1], other[1]))


def alike(left: Sequence[tuple[str, float]], right: Sequence[tuple[str, float]]) -> bool:
    """Returns whether two answers are the same; tracks as near as the last one may appear in only one of them."""
    if len(left) != len(right) or not left:
        return len(left) == len(right)
    last, there = left[-1][1], dict(right)
    pairs = [(score, there.get(track, last)) for track, score in left]
    pairs += [(score, last) for track, score in right if track not in dict(left)]
    return all(abs(score - other) <= TOLERANCE for score, other in pairs)


def told_twice(mesh: CrashMesh) -> int:
    """Counts the tracks reported as done more than once since the last check."""
    counts: Counter[str] = Counter()
    while (received := mesh.events.receive(0.3)) is not None:
        counts[str(received[1]["track_id"])] += 1
    return sum(count > 1 for count in counts.values())


def main(arguments: Sequence[str]) -> int:
    """Run the rounds; the exit code says whether each was right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--small", action="store_true", help="24 short tracks instead of the whole demo library")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random moments and victims")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    chance = random.Random(options.seed)
    rows = []
    with tempfile.TemporaryDirectory(prefix="sm") as name:
        folder = Path(name)
        library = demo.build_small(folder / "demo", 24) if options.small else demo.build(folder / "demo")
        with running(folder, library) as mesh:
            began = time.monotonic()
            first = job(mesh, chance, 0.0, ())
            seconds = time.monotonic() - began
            expected = answers(mesh)
            told_twice(mesh)
            embeddable = first.total_tracks - first.failed_tracks
            rows.append(Row("undisturbed", seconds, "s", "one row per track", len(expected[0]) == embeddable))
            for number in range(1, options.rounds + 1):
                victims = list(PROCESSES) if number % ALL_EVERY == 0 else [chance.choice(list(PROCESSES))]
                began = time.monotonic()
                ended = job(mesh, chance, seconds, victims)
                right = (ended.status, ended.failed_tracks) == (first.status, first.failed_tracks)
                right = right and same(expected, answers(mesh)) and not told_twice(mesh)
                what = victims[0] if len(victims) == 1 else "all"
                rows.append(Row(f"{number}: {what}", time.monotonic() - began, "s", "same as undisturbed", right))
    return report(f"kill -9 during {options.rounds} jobs", rows, options.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
