"""`nice python -m bench.scanner`: the cost of the question that a later Navidrome fork's scanner asks for every file.

Compares `status` over the upload socket with `health`, through the real gateway, broker and library worker. The demo
library is embedded first; each question uses its own connection, one after the other, as Navidrome asks.
"""

from __future__ import annotations

import argparse
import itertools
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import orjson

import demo
from bench.http_servers import OURS, CannotStart, spawned
from bench.ports import free_port
from bench.report import Against, Row, report
from broker.client import MeshClient
from contract.errors import MeshError
from contract.library import LibraryClient
from contract.message import Nothing
from contract.settings import MeshSettings

#: Questions per run, and runs of each kind, in turns.
QUESTIONS: Final = 1000
RUNS: Final = 5
#: Highest acceptable time of `status`, relative to that of `health`.
MOST: Final = 1.5
#: Seconds that the mesh may take to embed the demo library, between checks, and to answer one question.
START_S: Final = 300.0
LOOK_S: Final = 0.2
ANSWER_S: Final = 30.0
#: The processes of the mesh, by name.
PARTS: Final = {
    "broker": ("broker",),
    "search": ("workers", "search", "--name", "search"),
    "library": ("workers", "library", "--name", "library"),
    "spectral": ("workers", "embed", "spectral", "--name", "spectral"),
    "gateway": ("gateway",),
}
ENDED: Final = frozenset({"completed", "completed_with_errors"})

Ask = Callable[[], dict[str, Any]]


@contextmanager
def mesh(folder: Path, library: demo.DemoLibrary) -> Iterator[Path]:
    """Run a mesh with an embedded library; yields its upload socket. Raises `CannotStart`."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
    places = {"SONICMESH_RUN": "run", "SONICMESH_DATA": "data", "LOG_DIR": "logs", "PID_DIR": "pids"}
    environment |= {variable: str(folder / name) for variable, name in places.items()}
    environment |= {"NAVIDROME_RECOMMENDER_PORT": str(free_port()), "TEXT_EMBEDDING_PORT": str(free_port())}
    environment |= {"NAVIDROME_EMBED_SOCKET": str(folder / "s"), "NAVIDROME_DB_PATH": str(library.database)}
    environment |= {"SONICMESH_HOME": str(folder), "SONICMESH_MODELS": "spectral"}
    with ExitStack() as stack:
        for name, command in PARTS.items():
            stack.enter_context(spawned([sys.executable, "-m", *command], environment, folder / f"{name}.log"))
        settings = MeshSettings(SONICMESH_RUN=folder / "run", SONICMESH_DATA=folder / "data")
        with MeshClient(settings.broker_endpoint) as client:
            _until(lambda: _embedded(client) and (folder / "s").exists(), folder)
        yield folder / "s"


def _embedded(client: MeshClient) -> bool:
    try:
        return LibraryClient(client).progress(Nothing(), timeout=1.0).status in ENDED
    except MeshError:
        return False


def _until(so: Callable[[], bool], folder: Path) -> None:
    end = time.monotonic() + START_S
    while not so():
        if time.monotonic() > end:
            raise CannotStart((folder / "library.log").read_text(errors="replace")[-2000:])
        time.sleep(LOOK_S)


def exchange(path: Path, line: dict[str, Any]) -> dict[str, Any]:
    """Ask one question on its own connection."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(ANSWER_S)
        client.connect(str(path))
        client.sendall(orjson.dumps(line) + b"\n")
        client.shutdown(socket.SHUT_WR)
        with client.makefile("rb") as stream:
            reply: dict[str, Any] = orjson.loads(stream.read())
    if reply["status"] != "ok":
        raise CannotStart(str(reply))
    return reply


def questions(library: demo.DemoLibrary) -> Iterator[dict[str, Any]]:
    """Yields the scanner's questions, track by track, endlessly."""
    for number, track in enumerate(itertools.cycle(library.tracks)):
        yield {
            "action": "status",
            "track_id": f"1:{track.path.relative_to(library.music_root).as_posix()}",
            "artist": track.artist,
            "title": track.title,
            "album": track.album,
            "alternate_names": [track.path.name],
            "request_id": f"{number:08d}",
        }


def seconds(ask: Ask, count: int) -> float:
    """Returns how long `count` consecutive questions take."""
    began = time.perf_counter()
    for _ in range(count):
        ask()
    return time.perf_counter() - began


def rows(path: Path, library: demo.DemoLibrary, count: int, runs: int) -> Iterator[Row]:
    """Measure in turns; the first of each does not count."""
    lines = questions(library)

    def status() -> dict[str, Any]:
        reply = exchange(path, next(lines))
        if not reply["embedded"]:
            raise CannotStart(f"a track of the demo library is not embedded: {reply}")
        return reply

    def health() -> dict[str, Any]:
        return exchange(path, {"action": "health"})

    for ask in (health, status):
        seconds(ask, count // 10)
    turns = [(seconds(health, count), seconds(status, count)) for _ in range(runs)]
    healths, statuses = (statistics.median(times) for times in zip(*turns, strict=True))
    yield Row(f"{count} health, median", healths, "s")
    yield Row(f"{count} status, median", statuses, "s")
    against = Against("`health`", statuses, healths, "s")
    yield Row("time of `status`", statuses / healths, "", f"<= {MOST:g}", statuses <= MOST * healths, against)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; returns 1 if the goal was missed, 2 if nothing can be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.scanner", description=__doc__)
    parser.add_argument("--questions", type=int, default=QUESTIONS, help="of one run")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="sm") as folder:
            library = demo.build_small(Path(folder) / "demo")
            with mesh(Path(folder), library) as path:
                found = list(rows(path, library, asked.questions, asked.runs))
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 2
    return report("A scanner's questions over the upload socket", found, asked.json)


if __name__ == "__main__":
    sys.exit(main())
