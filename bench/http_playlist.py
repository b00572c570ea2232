"""Lists of a large library over HTTP: the whole mesh beside a plain server that does the same in one process.

The mesh is that of `bench.scale`: supervisord, broker, gateway, library and search worker, with a Navidrome database.
Its store has the vectors of `bench.search`; the plain server (`http_peers/plain.py`) has the same vectors. Both get the
same requests. The job computes a vector of every track: in the mesh with a model worker, the ledger and the store, in
the plain server in a thread.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.http_environments import environment
from bench.http_load import Figures, message, run
from bench.http_playlist_servers import LIMIT, PATH, ask, job, library, mesh, plain, request
from bench.http_servers import Server
from bench.processes import proportional_bytes
from bench.report import Against, Row
from bench.scale_mesh import ScaleMesh
from bench.search_data import at_most, track_rows
from bench.search_store import filled_store

TRACKS: Final = 100_000
#: Callers who ask at once, seconds of one measurement, and turns of each server.
CALLERS: Final = (1, 16, 64)
SECONDS: Final = 4.0
TURNS: Final = 2
#: Seeds of a long request, and most milliseconds that it may take.
MANY: Final = 50
MANY_MS: Final = 120.0
PLAIN: Final = "plain server"
#: Lists compared between both servers.
COMPARED: Final = 50


@dataclass(frozen=True, slots=True)
class Load:
    """Callers who ask at once, and the seeds of each request."""

    callers: int
    seeds: int = 1

    @property
    def label(self) -> str:
        """Its name in the table."""
        callers = f"{self.callers} caller{'s' * (self.callers > 1)}"
        return callers if self.seeds == 1 else f"{callers}, {self.seeds} seeds"


LOADS: Final = (*map(Load, CALLERS), Load(1, MANY))


@dataclass(slots=True)
class Requests:
    """Makes requests for lists, never the same twice."""

    tracks: int
    chance: random.Random

    def body(self, seeds: int) -> bytes:
        """Returns a request from random tracks."""
        return request(self.chance.sample(range(self.tracks), seeds))

    def load(self, port: int, load: Load, seconds: float) -> Figures:
        """Keep a server busy. Raises `BadAnswer`."""
        return run(port, load.callers, seconds, lambda: message(port, self.body(load.seeds), PATH))


def rows(tracks: int, keep: Path | None, seconds: float, tell: Callable[[str], None]) -> list[Row]:
    """Measure both servers with a library of so many tracks; `keep` has what was prepared for the next run.

    Raises `CannotStart`.
    """
    python = environment("plain")
    tell("filling the store")
    with filled_store("clusters", tracks, keep) as (store, _), tempfile.TemporaryDirectory(prefix="sm") as name:
        (store / "tracks.json").write_text(json.dumps([[row.track_id, row.artist] for row in track_rows(0, tracks)]))
        database = library(store / "library", tracks)
        tell("starting both servers")
        began = time.monotonic()
        with plain(python, store, Path(name)) as theirs:
            plain_start = time.monotonic() - began
            with mesh(store, database, Path(name) / "mesh") as (ours, mesh_start):
                return [
                    *measure(ours, theirs, Requests(tracks, random.Random(0)), seconds, tell),
                    Row(
                        "start, the index built before", mesh_start, "s", against=_against(mesh_start, plain_start, "s")
                    ),
                ]


def measure(
    ours: ScaleMesh, theirs: Server, requests: Requests, seconds: float, tell: Callable[[str], None]
) -> list[Row]:
    """Load both servers in turns, then each while its own job runs."""
    found: list[Row] = []
    for load in LOADS:
        tell(f"no job, {load.label}")
        pairs = [
            (requests.load(ours.port, load, seconds), requests.load(theirs.port, load, seconds)) for _ in range(TURNS)
        ]
        found += compared(f"no job, {load.label}", _best([a for a, _ in pairs]), _best([b for _, b in pairs]))
    found.append(common(ours.port, theirs.port, requests))
    memory = sum(map(proportional_bytes, ours.processes().values())) / 1e6
    plain_memory = proportional_bytes(theirs.pids["plain"]) / 1e6
    found.append(Row("memory, proportional", memory, "MB", against=_against(memory, plain_memory, "MB")))
    tell("the mesh's job")
    with job(ours):
        with_job = [requests.load(ours.port, load, seconds) for load in LOADS]
    tell("the plain server's job")
    ask(theirs.port, "/batch/start", b"{}")
    plain_with_job = [requests.load(theirs.port, load, seconds) for load in LOADS]
    for load, mine, other in zip(LOADS, with_job, plain_with_job, strict=True):
        found += compared(f"job, {load.label}", mine, other)
    return found


def _best(figures: Sequence[Figures]) -> Figures:
    """Returns the figures of the turn that other programs disturbed least."""
    return max(figures, key=lambda each: each.rate)


def compared(label: str, ours: Figures, theirs: Figures) -> list[Row]:
    """Returns throughput and latency; a long request without a job has a goal."""
    p95 = 1000 * ours.p95
    against = _against(p95, 1000 * theirs.p95, "ms")
    slow = Row(f"{label}: p95", p95, "ms", against=against)
    if label == f"no job, {Load(1, MANY).label}":
        goal = at_most(slow.name, p95, "ms", MANY_MS)
        slow = Row(slow.name, p95, "ms", goal.goal, goal.met, against)
    return [Row(f"{label}: requests", ours.rate, "1/s", against=_against(ours.rate, theirs.rate, "1/s")), slow]


def _against(ours: float, theirs: float, unit: str) -> Against:
    return Against(PLAIN, ours, theirs, unit)


def common(ours: int, theirs: int, requests: Requests) -> Row:
    """Returns how much of a list both servers have in common."""
    shares = []
    for _ in range(COMPARED):
        body = requests.body(1)
        first, second = ({track["track_id"] for track in ask(port, PATH, body)["tracks"]} for port in (ours, theirs))
        shares.append(len(first & second) / LIMIT)
    return Row("tracks of a list that both servers name", sum(shares) / len(shares), "")
