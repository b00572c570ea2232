"""Faults of search, library and gateway in a whole mesh: lists over HTTP, searches and questions to the library."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import demo
from bench.faults.load import Asking, CountingCalls, Load
from bench.faults.processes import BEFORE_SECONDS, STOPPED_SECONDS, TIMEOUT, after
from bench.faults.supervised import BROKER, SupervisedProcesses, wait_until
from bench.faults.tally import Round, Tally
from bench.ports import free_port
from broker.client import MeshClient
from contract.errors import MeshError, error_from_wire
from contract.jobs import ENDED, StartRequest
from contract.library import LibraryClient
from contract.message import Nothing
from contract.search import PageRequest, RecommendRequest, SearchClient, Seed

MODEL: Final = "spectral"
TRACKS: Final = 24
#: Tracks in an answer, and open requests of each kind.
ANSWERS, WINDOW = 8, 3
#: Seconds until a caller tries again whose connection was refused or cut.
AGAIN_SECONDS: Final = 0.1
#: Seconds that a job of the small library may take.
JOB_SECONDS: Final = 300.0

COMMANDS: Final[Mapping[str, Sequence[str]]] = {
    "broker": BROKER,
    "search": ("-m", "workers", "search", "--name", "search"),
    "library": ("-m", "workers", "library", "--name", "library"),
    "spectral_01": ("-m", "workers", "embed", MODEL, "--name", "spectral_01"),
    "spectral_02": ("-m", "workers", "embed", MODEL, "--name", "spectral_02"),
}
GATEWAY: Final = ("-m", "gateway")
SERVICES: Final = ("search", "library", "embed.spectral")
VICTIMS: Final = (
    ("search",),
    ("library",),
    ("gateway",),
    ("broker", "search"),
    ("broker", "library"),
    ("broker", "gateway"),
    ("search", "library"),
    ("search", "gateway"),
    ("library", "gateway"),
)
FAULTS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    f"mesh: {how} {', '.join(names)}": (how, names) for how in ("kill", "stop") for names in VICTIMS
}


@dataclass(frozen=True, slots=True)
class TracksMesh:
    """A mesh that has embedded its small library, its HTTP port, and the right list for each seed."""

    processes: SupervisedProcesses
    port: int
    lists: Mapping[str, Sequence[str]]


@contextmanager
def opened(folder: Path, **environment: str) -> Iterator[TracksMesh]:
    """The mesh, with its library embedded and its gateway answering."""
    with demo_mesh(folder, **environment) as mesh:
        port = int(mesh.environment["NAVIDROME_RECOMMENDER_PORT"])
        yield TracksMesh(mesh, port, right_lists(mesh.client))


@contextmanager
def demo_mesh(folder: Path, **environment: str) -> Iterator[SupervisedProcesses]:
    """A mesh that has embedded its small library."""
    library = demo.build_small(folder / "demo", TRACKS)
    ports = {"NAVIDROME_RECOMMENDER_PORT": str(free_port()), "TEXT_EMBEDDING_PORT": str(free_port())}
    limits = {
        "SONICMESH_RATE_PER_USER": "0",
        "SONICMESH_RATE_PER_ADDRESS": "0",
        "SONICMESH_PLAYLIST_SECONDS": str(TIMEOUT),
        "NAVIDROME_DB_PATH": str(library.database),
    }
    mesh = SupervisedProcesses(folder, {**COMMANDS, "gateway": GATEWAY}, **ports, **limits, **environment)
    try:
        for service in SERVICES:
            mesh.wait_for(service)
        embed(mesh.client)
        yield mesh
    finally:
        mesh.close()


def embed(client: MeshClient, seconds: float = JOB_SECONDS) -> str:
    """Embed everything again and wait for it. Returns how the job ended."""
    library = LibraryClient(client)
    wait_until(lambda: library.status(Nothing(), timeout=TIMEOUT).state == "ready", "the library")
    job = library.start_job(StartRequest(clear_existing=True), timeout=TIMEOUT).job_id

    def ended() -> bool:
        told = library.progress(Nothing(), timeout=TIMEOUT)
        return told.job_id == job and told.status in ENDED

    wait_until(ended, "the end of the job", seconds)
    return library.progress(Nothing(), timeout=TIMEOUT).status


def right_lists(client: MeshClient) -> dict[str, list[str]]:
    """Returns the undisturbed answer for each track as seed."""
    search = SearchClient(client)
    rows = search.scan(PageRequest(model=MODEL, limit=1000), timeout=TIMEOUT).rows
    ids = sorted(row.track_id for row in rows)
    return {track_id: recommended(search, track_id) for track_id in ids}


def recommended(search: SearchClient, seed: str) -> list[str]:
    request = RecommendRequest(limit=ANSWERS, seeds=[Seed(track_id=seed)])
    return [track.track_id for track in search.recommend(request, timeout=TIMEOUT).tracks]


def lists(mesh: TracksMesh, client: MeshClient) -> Asking:
    """Asks search."""
    search, seeds = SearchClient(client), list(mesh.lists)

    def ask(number: int) -> bool:
        seed = seeds[number % len(seeds)]
        return recommended(search, seed) == mesh.lists[seed]

    return ask


def questions(client: MeshClient) -> Asking:
    """Asks the library."""
    library = LibraryClient(client)

    def ask(_number: int) -> bool:
        return any(model.name == MODEL for model in library.models(Nothing(), timeout=TIMEOUT).models)

    return ask


def playlists(mesh: TracksMesh) -> Asking:
    """Asks the gateway; tries again if a connection fails, as when the gateway itself was killed."""
    seeds = list(mesh.lists)

    def ask(number: int) -> bool:
        seed = seeds[number % len(seeds)]
        body = {"user_id": "u", "user_name": f"user {number}", "limit": ANSWERS, "seeds": [{"track_id": seed}]}
        status, answer = persistent(mesh.port, "/playlist/faults", body)
        if status != http.client.OK:
            raise error_from_wire(answer.get("error", {}))
        return [track["track_id"] for track in answer["tracks"]] == mesh.lists[seed]

    return ask


def persistent(port: int, path: str, body: object, timeout: float = TIMEOUT) -> tuple[int, Any]:
    """Returns status and document of one POST, repeated until `timeout` while the gateway cannot be reached."""
    until = time.monotonic() + timeout
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=max(0.1, until - time.monotonic()))
        try:
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException):
            if time.monotonic() > until:
                raise TimeoutError from None
        finally:
            connection.close()
        time.sleep(AGAIN_SECONDS)


def under_lists(mesh: TracksMesh, during: Callable[[Sequence[Load]], None]) -> Tally:
    """Returns what became of all requests while `during` ran."""
    calls = CountingCalls()
    client = MeshClient(mesh.processes.settings.broker_endpoint, calls)
    loads = [Load(ask, WINDOW, TIMEOUT) for ask in (lists(mesh, client), questions(client), playlists(mesh))]
    try:
        during(loads)
    finally:
        tally = Tally()
        for load in loads:
            tally.add(load.stop())
            tally.times += load.tally.times
        client.close()
    tally.twice = calls.twice
    return tally


def play(mesh: TracksMesh, name: str) -> Round:
    """One round of one of `FAULTS`. The recovery is that of the load that waits longest."""
    how, names = FAULTS[name]
    moments: list[float] = []
    silences: list[float] = []

    def during(loads: Sequence[Load]) -> None:
        time.sleep(BEFORE_SECONDS)
        moments.append(time.monotonic())
        if how == "kill":
            mesh.processes.kill(names)
        else:
            with mesh.processes.stopped(names):
                time.sleep(STOPPED_SECONDS)
        for load in loads:
            after(load, ANSWERS)
        silences.extend(load.tally.silence(moments[0]) for load in loads)

    try:
        tally = under_lists(mesh, during)
    except MeshError as error:
        tally = Tally(trouble=[error.message])
    for service in SERVICES:
        mesh.processes.wait_for(service)
    return Round(name, tally, max(silences, default=0.0))
