"""The servers of `bench.http_playlist`: the mesh on a filled store, and the plain server beside it."""

from __future__ import annotations

import http.client
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.http_load import HOST, BadAnswer
from bench.http_servers import Server, serving
from bench.scale_library import ScaleLibrary
from bench.scale_mesh import ScaleMesh, wait_until
from bench.search_data import track_id
from bench.search_store import STORE

#: The model that answers, and the one whose vectors the job makes.
MODEL, JOB_MODEL = "muq", "like_spectral"
PATH: Final = "/playlist/similar"
#: Tracks in a list.
LIMIT: Final = 25
#: Seconds to start, the first time with an index to build, and to answer one request.
START_SECONDS: Final = 1800.0
PATIENCE_SECONDS: Final = 60.0


def request(numbers: Sequence[int]) -> bytes:
    """Returns the body of a request for a list from these tracks."""
    seeds = [{"track_id": track_id(number)} for number in numbers]
    return json.dumps({"user_id": "b", "user_name": "b", "limit": LIMIT, "models": [MODEL], "seeds": seeds}).encode()


def check_list(port: int) -> None:
    """Ask for a list. Raises `BadAnswer` unless it is whole."""
    found = len(ask(port, PATH, request([0]))["tracks"])
    if found != LIMIT:
        raise BadAnswer(f"{found} of {LIMIT} tracks")


def ask(port: int, path: str, body: bytes) -> dict[str, list[dict[str, str]]]:
    """Send one request. Raises `BadAnswer` if it fails."""
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = response.read()
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise BadAnswer(f"{path} returned {response.status}: {content[:300]!r}")
    answer: dict[str, list[dict[str, str]]] = json.loads(content)
    return answer


def library(folder: Path, tracks: int) -> Path:
    """Returns a Navidrome database of so many tracks, made unless it is there."""
    made = folder / "made"
    if not made.exists():
        shutil.rmtree(folder, ignore_errors=True)
        ScaleLibrary(folder).add(tracks)
        made.touch()
    return folder / "navidrome.db"


@contextmanager
def mesh(store: Path, database: Path, folder: Path) -> Iterator[tuple[ScaleMesh, float]]:
    """Run the mesh on a copy of the store; also yields the seconds until it answered."""
    settings = {
        "NAVIDROME_DB_PATH": database,
        "SONICMESH_MODELS": JOB_MODEL,
        "SONICMESH_DEFAULT_MODEL": JOB_MODEL,
        "SONICMESH_AUTO_EMBED": "false",
    }
    made = ScaleMesh(folder, settings)
    made.data.mkdir(parents=True, exist_ok=True)
    for name in (STORE, f"{STORE}.index"):
        shutil.copytree(store / name, made.data / name)

    def answers() -> bool:
        try:
            check_list(made.port)
        except BadAnswer:
            return False
        return True

    try:
        seconds = made.start(answers)
        yield made, seconds["asked"]
    finally:
        made.stop()


@contextmanager
def plain(python: Path, store: Path, folder: Path) -> Iterator[Server]:
    """Run the plain server; the first time, it builds its index."""
    command = [str(python), "-m", "bench.http_peers.plain", "PORT", str(store)]
    with serving(command, folder, "plain", check_list, START_SECONDS) as server:
        yield server


@contextmanager
def job(ours: ScaleMesh) -> Iterator[None]:
    """Keep a job running meanwhile. Raises `RuntimeError` if it ended before."""

    def done() -> int:
        progress = ours.ask("GET", "/batch/progress")[1]
        return int(progress.get("processed_operations", 0)) if progress["status"] == "running" else 0

    ours.ask("POST", "/batch/start", {})
    wait_until(lambda: done() > 0, PATIENCE_SECONDS)
    yield
    ended = not done()
    ours.ask("POST", "/batch/cancel")
    if ended:
        raise RuntimeError("the job ended before the measurement: use more --tracks")
