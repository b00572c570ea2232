"""`python -m bench.http [--peers]`: a text in and its vector out over HTTP, through our gateway, broker and one worker.

`python -m bench.http --playlist`: lists of a large library, while a job runs and without, beside a plain server
(`bench.http_playlist`).

Compares with bare aiohttp and, with `--peers`, with other model servers that have one worker each. All do the same work
on the same JSON (`bench.http_peers.echo`) for the same client, and no two requests are alike. Each server is measured
in turns with ours. The goal applies to the median of the ratios of neighbouring measurements, which a noisy machine
disturbs least. A single request also passes through the same hops without any work (`bench.http_floor`), and once more
while no core may sleep (`bench.awake`). `--peers` installs mosec, LitServe and Ray Serve into `.venv-peers`, once.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bench import http_playlist
from bench.awake import cores_awake
from bench.http_environments import environment
from bench.http_load import Figures, run
from bench.http_servers import CannotStart, Server, bare, floor, mesh, peer
from bench.processes import resident_bytes
from bench.report import Against, Row, report

#: Measurements per pair, seconds per measurement, and connections of a full load.
REPEATS: Final = 9
SECONDS: Final = 1.0
CONNECTIONS: Final = 64
#: Warm-up seconds of each server: Python's adaptive interpreter, internal connections, JITs.
WARM_UP: Final = 1.0
#: Most milliseconds by which the median of a single request may exceed bare aiohttp's.
ADDED_MS: Final = 0.6
#: Most megabytes for broker and gateway together.
MEMORY_MB: Final = 90.0
#: Smallest acceptable multiple of each peer's throughput at `CONNECTIONS`.
GOALS: Final = {"mosec": 1.0, "LitServe": 5.0, "Ray Serve": 15.0}


@dataclass(frozen=True, slots=True)
class Pair:
    """Measurements of another server and of ours, taken in turns."""

    other: list[Figures]
    ours: list[Figures]

    def ratio(self) -> float:
        """Our throughput as a multiple of the other server's."""
        return statistics.median(b.rate / a.rate for a, b in zip(self.other, self.ours, strict=True))

    def added_ms(self) -> float:
        """Milliseconds that ours adds to the other server's time."""
        return 1000 * statistics.median(b.p50 - a.p50 for a, b in zip(self.other, self.ours, strict=True))

    def rates(self, peer: str) -> Against:
        """Returns the median rates that `ratio` compares."""
        ours, theirs = (statistics.median(each.rate for each in some) for some in (self.ours, self.other))
        return Against(peer, ours, theirs, "1/s")

    def latencies(self, peer: str) -> Against:
        """Returns the median latencies that `added_ms` compares."""
        ours, theirs = (1000 * statistics.median(each.p50 for each in some) for some in (self.ours, self.other))
        return Against(peer, ours, theirs, "ms")


def measure(other: Server, ours: Server, connections: int, repeats: int, seconds: float) -> Pair:
    """Measure both under the same load, in turns."""
    for server in (other, ours):
        run(server.port, connections, WARM_UP)
    turns = [(run(other.port, connections, seconds), run(ours.port, connections, seconds)) for _ in range(repeats)]
    return Pair([first for first, _ in turns], [second for _, second in turns])


def p50(label: str, figures: Sequence[Figures]) -> Row:
    """Returns the median latency on a single connection."""
    return Row(label, 1000 * statistics.median(each.p50 for each in figures), "ms")


def rate(label: str, figures: Sequence[Figures]) -> Row:
    """Returns the throughput at full load."""
    return Row(label, statistics.median(each.rate for each in figures), "1/s")


def alone(other: Server, least: Server, ours: Server, repeats: int, seconds: float, how: str = "") -> list[Row]:
    """Measure what the mesh, and what its hops alone, add to a single request. `how`: the conditions, for the names."""
    hops, one = (measure(other, each, 1, repeats, seconds) for each in (least, ours))
    added, against = one.added_ms(), one.latencies("bare aiohttp")
    return [
        p50(f"bare aiohttp: p50, 1 connection{how}", one.other),
        p50(f"ours: p50, 1 connection{how}", one.ours),
        Row(f"added to bare aiohttp, p50{how}", added, "ms", f"<= {ADDED_MS}", added <= ADDED_MS, against),
        Row(f"added by the same hops without work, p50{how}", hops.added_ms(), "ms"),
    ]


def beside_bare(other: Server, least: Server, ours: Server, repeats: int, seconds: float) -> list[Row]:
    """Measure what the mesh adds to a request, and how much throughput remains."""
    found = alone(other, least, ours, repeats, seconds)
    with cores_awake():
        found += alone(other, least, ours, repeats, seconds, ", cores awake")
    full = measure(other, ours, CONNECTIONS, repeats, seconds)
    return [
        *found,
        rate(f"bare aiohttp: {CONNECTIONS} connections", full.other),
        rate(f"ours: {CONNECTIONS} connections", full.ours),
        Row("ratio to bare aiohttp", full.ratio(), "", against=full.rates("bare aiohttp")),
    ]


def beside_peer(name: str, other: Server, ours: Server, repeats: int, seconds: float) -> list[Row]:
    """Measure the throughput at full load and the latency of a single request."""
    one = measure(other, ours, 1, repeats, seconds)
    full = measure(other, ours, CONNECTIONS, repeats, seconds)
    ratio, goal = full.ratio(), GOALS[name]
    return [
        p50(f"{name}: p50, 1 connection", one.other),
        p50("ours: p50, 1 connection", one.ours),
        rate(f"{name}: {CONNECTIONS} connections", full.other),
        rate(f"ours: {CONNECTIONS} connections", full.ours),
        Row(f"ratio to {name}", ratio, "", f">= {goal:g}", ratio >= goal, full.rates(name)),
    ]


def skipped(name: str, reason: str) -> Row:
    """Returns a row for a peer that does not run here."""
    return Row(f"{name}: not measured", 0, "", " ".join(reason.split())[-300:])


def memory(ours: Server) -> Row:
    """Returns the memory of broker and gateway after the whole load."""
    megabytes = sum(resident_bytes(ours.pids[name]) for name in ("broker", "gateway")) / 1e6
    return Row("memory of broker and gateway", megabytes, "MB", f"<= {MEMORY_MB:g}", megabytes <= MEMORY_MB)


def rows(folder: Path, python: Path | None, names: Sequence[str], repeats: int, seconds: float) -> list[Row]:
    """Returns all figures, skipping a peer that does not start. Raises `CannotStart` if ours does not start."""
    found: list[Row] = []
    others: list[tuple[str, Callable[[], AbstractContextManager[Server]]]] = []
    if python is not None:
        others = [(name, partial(peer, name, python, folder)) for name in names]
    with mesh(folder) as ours:
        with bare(folder) as other, floor(folder) as least:
            found += beside_bare(other, least, ours, repeats, seconds)
        for name, start in others:
            try:
                with start() as other:
                    found += beside_peer(name, other, ours, repeats, seconds)
            except CannotStart as error:
                found.append(skipped(name, str(error)))
        found.append(memory(ours))
    return found


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 1 if a goal is missed, 2 if nothing can be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.http", description=__doc__)
    parser.add_argument("--peers", nargs="*", choices=[*GOALS], help="servers to compare with; default: all")
    parser.add_argument("--playlist", action="store_true", help="lists, beside a plain server in one process")
    parser.add_argument("--tracks", type=int, default=http_playlist.TRACKS, help="of --playlist")
    parser.add_argument("--keep", type=Path, help="folder that keeps what --playlist prepares for the next run")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="measurements of each pair")
    parser.add_argument("--seconds", type=float, help="length of one measurement")
    options = parser.parse_args(arguments)
    try:
        if options.playlist:
            found = http_playlist.rows(options.tracks, options.keep, options.seconds or http_playlist.SECONDS, _tell)
            return report(f"Playlists over HTTP, {options.tracks} tracks", found, options.json)
        python = None if options.peers is None else environment("peers")
        with tempfile.TemporaryDirectory(prefix="sm") as folder:
            found = rows(Path(folder), python, options.peers or [*GOALS], options.repeats, options.seconds or SECONDS)
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 2
    return report("Embedding a text over HTTP", found, options.json)


if __name__ == "__main__":
    sys.exit(main())
