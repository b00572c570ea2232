"""`python -m bench.http_beside FOLDER`: this mesh beside that of another checkout, under the load of `bench.http`.

Both meshes and bare aiohttp run at once and take turns of a fraction of a second, so that other programs disturb all
alike. Besides the time, each row has the processor time that gateway, broker and worker take per request; it says more
than the time while other programs use the processors.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.http import CONNECTIONS, WARM_UP
from bench.http_load import run
from bench.http_servers import REPOSITORY, CannotStart, Server, bare, mesh
from bench.processes import resident_bytes
from bench.report import Row, report

#: Turns of each server, and seconds of a turn.
TURNS: Final = 20
SECONDS: Final = 0.4
#: The processes whose processor time counts.
PROCESSES: Final = ("gateway", "broker", "worker")
BARE: Final = "bare aiohttp"
OTHER: Final = "other"
OURS: Final = "ours"


@dataclass(frozen=True, slots=True)
class Turn:
    """Answers per second, median milliseconds, and microseconds of processor time per request by process."""

    rate: float
    p50: float
    cpu: Mapping[str, float]


def turn(server: Server, connections: int, seconds: float) -> Turn:
    """Load a server once."""
    pids = {name: pid for name, pid in server.pids.items() if name in PROCESSES}
    before = {name: cpu_us(pid) for name, pid in pids.items()}
    figures = run(server.port, connections, seconds)
    requests = figures.rate * seconds
    return Turn(figures.rate, 1000 * figures.p50, {n: (cpu_us(pid) - before[n]) / requests for n, pid in pids.items()})


def cpu_us(pid: int) -> float:
    """Returns the processor time of a process's threads so far, in microseconds (Linux)."""
    return sum(int(each.read_text().split()[0]) for each in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1000


def in_turns(servers: Mapping[str, Server], connections: int, turns: int, seconds: float) -> dict[str, list[Turn]]:
    """Load the servers in turns; every other round in reverse, so that none always follows the same one."""
    found: dict[str, list[Turn]] = {name: [] for name in servers}
    for server in servers.values():
        run(server.port, connections, WARM_UP)
    for number in range(turns):
        for name in list(servers)[:: 1 if number % 2 else -1]:
            found[name].append(turn(servers[name], connections, seconds))
    return found


def rows(found: Mapping[str, Sequence[Turn]], connections: int) -> list[Row]:
    """Returns medians, and medians of the ratios of neighbouring turns."""
    load = f"{connections} connection{'s' * (connections > 1)}"

    def beside(of: Callable[[Turn, Turn], float], one: str, other: str) -> float:
        return statistics.median(of(a, b) for a, b in zip(found[one], found[other], strict=True))

    made = []
    for name in (OTHER, OURS):
        made += [
            Row(f"{load}, {name}: rate / {BARE}", beside(lambda a, b: a.rate / b.rate, name, BARE), ""),
            Row(f"{load}, {name}: added to {BARE}, p50", beside(lambda a, b: a.p50 - b.p50, name, BARE), "ms"),
        ]
        for each in PROCESSES:
            cpu = statistics.median(turn.cpu[each] for turn in found[name])
            made.append(Row(f"{load}, {name}: CPU of {each}", cpu, "us"))
    made += [
        Row(f"{load}: rate, ours / other", beside(lambda a, b: a.rate / b.rate, OURS, OTHER), ""),
        Row(f"{load}: p50, ours / other", beside(lambda a, b: a.p50 / b.p50, OURS, OTHER), ""),
        Row(f"{load}: CPU, ours / other", beside(lambda a, b: total(a) / total(b), OURS, OTHER), ""),
    ]
    return made


def total(one: Turn) -> float:
    """Returns the processor time of all processes per request."""
    return sum(one.cpu.values())


def memory(name: str, server: Server) -> list[Row]:
    """Returns the memory of each process after the load."""
    sizes = {each: resident_bytes(server.pids[each]) / 1e6 for each in PROCESSES}
    return [Row(f"{name}: memory of {each}", size, "MB") for each, size in sizes.items()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 2 if a mesh does not start."""
    parser = argparse.ArgumentParser(prog="python -m bench.http_beside", description=__doc__)
    parser.add_argument("folder", type=Path, help="another checkout of this repository")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--turns", type=int, default=TURNS, help="turns of each server")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="length of one turn")
    options = parser.parse_args(arguments)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="sm") as one,
            tempfile.TemporaryDirectory(prefix="sm") as two,
            mesh(Path(one), options.folder.resolve()) as other,
            mesh(Path(two), REPOSITORY) as ours,
            bare(Path(one)) as base,
        ):
            servers = {BARE: base, OTHER: other, OURS: ours}
            found = [
                row
                for load in (1, CONNECTIONS)
                for row in rows(in_turns(servers, load, options.turns, options.seconds), load)
            ]
            found += memory(OTHER, other) + memory(OURS, ours)
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 2
    return report("The mesh beside that of another checkout", found, options.json)


if __name__ == "__main__":
    sys.exit(main())
