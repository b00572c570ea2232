"""A library of 100,000 tracks through the whole mesh: supervisord, broker, gateway, library and search worker.

All are real, with the embedded store; only the model returns seeded vectors at once and decodes nothing.

    nice python -m bench.scale [--tracks 100000] [--like spectral latent muq mert] [--json]

Prints the speed of the job in its first, middle and last tenth and the cost of a track in each process (nothing may
grow with the library), memory, sizes on disk, start-up time with a full store, how soon ten new tracks are noticed and
found, and how fast playlists are, during the job and after it.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from bench.processes import cpu_seconds
from bench.report import Row, report
from bench.scale_job import Follower
from bench.scale_library import ScaleLibrary
from bench.scale_measures import Peaks
from bench.scale_mesh import ScaleMesh, wait_until
from bench.scale_model import SPECS
from bench.scale_rows import job_rows, memory_rows, size_rows
from bench.search_data import at_most, p50, p95, track_id
from broker.client import MeshClient
from broker.events import EventSubscriber
from contract.events import LibraryChanged
from contract.message import Nothing
from contract.search import SearchClient

TRACKS: Final = 100_000
#: New tracks added later; seconds between checks for them, and for them to be noticed and found.
NEW: Final = 10
POLL_SECONDS: Final = 15.0
NOTICED_SECONDS: Final = 60.0
FOUND_SECONDS: Final = 900.0
#: The goals: seconds to start, milliseconds of an answer.
START_SECONDS: Final = 10.0
ANSWER_MS: Final = 100.0
#: Timed requests, by number of seeds.
ASKED: Final = {1: 200, 10: 50}
#: CPU seconds per second below which the search worker has caught up, and how long it is watched.
QUIET_CPU: Final = 0.1
QUIET_SECONDS: Final = 3.0
SETTLE_SECONDS: Final = 3600.0

Tell = Callable[[str], None]


def answer_rows(mesh: ScaleMesh, models: Sequence[str], tracks: int) -> list[Row]:
    """Measure playlists over HTTP, in milliseconds."""
    chance, rows = random.Random(1), []
    for seeds, times in ASKED.items():
        taken = []
        for _ in range(times):
            chosen = [track_id(number) for number in chance.sample(range(tracks), seeds)]
            began = time.perf_counter()
            if not mesh.playlist(chosen):
                raise RuntimeError(f"no playlist like {chosen}")
            taken.append(1000 * (time.perf_counter() - began))
        name = f"playlist of {seeds} seeds ({models[0]}), "
        rows.append(Row(name + "p50", p50(taken), "ms"))
        most = p95(taken)
        rows.append(at_most(name + "p95", most, "ms", ANSWER_MS) if seeds == 1 else Row(name + "p95", most, "ms"))
    return rows


def cpu_of_all(mesh: ScaleMesh) -> float:
    """Returns CPU seconds of all processes since start-up: unlike wall time, they exclude other programs."""
    return sum(cpu_seconds(pid) for pid in mesh.processes().values())


def settle(mesh: ScaleMesh) -> float:
    """Wait until the search worker is idle; returns the seconds."""
    began = time.monotonic()
    pid = mesh.processes()["search"]

    def quiet() -> bool:
        before = cpu_seconds(pid)
        time.sleep(QUIET_SECONDS)
        return cpu_seconds(pid) - before < QUIET_CPU * QUIET_SECONDS

    return wait_until(quiet, SETTLE_SECONDS) - began - QUIET_SECONDS


def counts(client: MeshClient, models: Sequence[str]) -> list[int]:
    """Returns the store's rows by model."""
    status = SearchClient(client).status(Nothing(), timeout=FOUND_SECONDS).models
    return [status[model].count if model in status else 0 for model in models]


def new_rows(mesh: ScaleMesh, library: ScaleLibrary, models: Sequence[str], poll: float) -> list[Row]:
    """Add a few tracks; measures the seconds until they are noticed, and until they are found."""
    subscriber = EventSubscriber(mesh.settings.events_endpoint, (LibraryChanged.topic,))
    with mesh.client() as client, closing(subscriber) as events:
        while events.receive(1.0) is not None:
            continue
        expected = [library.count + NEW] * len(models)
        library.add(NEW)
        began = time.monotonic()
        cpu = cpu_of_all(mesh)
        wait_until(lambda: _tells_of_new(events), FOUND_SECONDS)
        noticed = time.monotonic() - began
        found = wait_until(lambda: counts(client, models) == expected, FOUND_SECONDS) - began
    return [
        at_most(f"{NEW} new tracks noticed (polled every {poll:g} s)", noticed, "s", NOTICED_SECONDS),
        Row(f"{NEW} new tracks embedded and searchable, since they appeared", found, "s"),
        Row(f"{NEW} new tracks: CPU of all processes", cpu_of_all(mesh) - cpu, "s"),
    ]


def _tells_of_new(events: EventSubscriber) -> bool:
    received = events.receive(0.0)
    return received is not None and received[1]["new"] == NEW


def measure(folder: Path, tracks: int, models: Sequence[str], tell: Tell, poll: float = POLL_SECONDS) -> list[Row]:
    """Measure everything, in an empty folder with a short name."""
    tell(f"{tracks} files and rows")
    library = ScaleLibrary(folder / "library")
    library.add(tracks)
    settings = {
        "NAVIDROME_DB_PATH": library.database,
        "SONICMESH_MODELS": ",".join(models),
        "SONICMESH_DEFAULT_MODEL": models[0],
        "SONICMESH_LIBRARY_POLL_S": poll,
        "SONICMESH_AUTO_EMBED": "false",  # the job begins when the bench watches it
    }
    mesh = ScaleMesh(folder / "mesh", settings)
    try:
        rows = [Row("start, empty store", mesh.start()["ready"], "s")]
        found = Follower(mesh, models, tell).follow()
        with mesh.client() as client:
            if counts(client, models) != [tracks] * len(models):
                raise RuntimeError(f"the store holds {counts(client, models)} rows of {tracks} tracks")
        rows += job_rows(found, models)
        rows += [Row("during the job: playlist of one seed, p50", p50(found.playlists), "ms")]
        rows += [at_most("during the job: playlist of one seed, p95", p95(found.playlists), "ms", 10 * ANSWER_MS)]
        rows += [at_most("during the job: progress, p95", p95(found.progress), "ms", ANSWER_MS)]
        rows += memory_rows(found.peaks, "in the job")
        tell("waiting for the index")
        rows.append(Row("index complete after the job's end", settle(mesh), "s"))
        rows += answer_rows(mesh, models, tracks)
        tell("stop and start")
        rows.append(Row("stop", mesh.stop(), "s"))
        rows += size_rows(mesh.data, models, tracks)
        mesh.configure({"SONICMESH_AUTO_EMBED": "true"})
        rows += started_rows(mesh)
        tell("new tracks")
        rows += new_rows(mesh, library, models, poll)
        peaks = Peaks()
        peaks.look(mesh.processes())
        rows += memory_rows(peaks, "after a start")
    finally:
        mesh.stop()
    return rows


def started_rows(mesh: ScaleMesh) -> list[Row]:
    """Measure start-up with a full store."""
    seconds = mesh.start(lambda: bool(mesh.playlist([track_id(0)])))
    return [
        at_most("start, full store: all parts ready", seconds["ready"], "s", START_SECONDS),
        Row("start, full store: first playlist", seconds["asked"], "s"),
        Row("start, full store: CPU of all processes", cpu_of_all(mesh), "s"),
    ]


def main(arguments: Sequence[str]) -> int:
    """Run the bench; the exit code says whether all goals were met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=TRACKS)
    sizes = "models whose vector sizes to use"
    parser.add_argument("--like", nargs="+", choices=SPECS, default=["spectral"], help=sizes)
    parser.add_argument("--poll", type=float, default=POLL_SECONDS, help="SONICMESH_LIBRARY_POLL_S")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    models = [SPECS[like].name for like in options.like]
    with tempfile.TemporaryDirectory(prefix="sm") as name:
        rows = measure(Path(name), options.tracks, models, _tell, options.poll)
        _tell("")  # removing 100,000 files takes a while
        return report(f"{options.tracks} tracks through the whole mesh", rows, options.json)


def _tell(text: str) -> None:
    print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
