"""`python -m bench.http_legs [--awake]`: where the time of a single request goes, leg by leg.

Every process of the mesh notes when it sends and receives a message of a request, and the gateway also when its
handlers begin and end. All clocks are the same machine's (`time.monotonic_ns`). `--awake`: while no core may sleep, see
`bench.awake`.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from bench.awake import cores_awake
from bench.http_load import run
from bench.http_servers import CannotStart, mesh
from bench.http_stamped import BEGINS, ENDS, FOLDER, RECEIVED, SENT
from bench.report import Row, report

SECONDS: Final = 3.0
WARM_UP: Final = 1.0

#: A process, and what it noted.
Step = tuple[str, str]
#: The way of one request, from its handler's beginning to its end.
WAY: Final[Sequence[Step]] = (
    ("gateway", BEGINS),
    ("gateway", SENT),
    ("broker", RECEIVED),
    ("broker", SENT),
    ("worker", RECEIVED),
    ("worker", SENT),
    ("broker", RECEIVED),
    ("broker", SENT),
    ("gateway", RECEIVED),
    ("gateway", ENDS),
)


def ways(folder: Path, pids: dict[str, int]) -> Iterator[list[int]]:
    """Yield the nanoseconds of each step of each request that went the usual way, alone."""
    noted = sorted(
        (int(at), (process, what))
        for process, pid in pids.items()
        for at, what in map(str.split, (folder / f"{pid}.stamps").read_text().splitlines())
    )
    begun: list[tuple[int, Step]] = []
    for at, step in noted:
        if step == WAY[0]:
            begun = []
        begun.append((at, step))
        if step == WAY[-1]:
            if tuple(each for _, each in begun) == tuple(WAY):
                yield [each for each, _ in begun]
            begun = []


def legs(found: Sequence[Sequence[int]], whole: float) -> list[Row]:
    """Returns the median of each leg; `whole` is that of a request as its client sees it, in seconds."""
    rows = []
    for number, (before, after) in enumerate(itertools.pairwise(WAY)):
        microseconds = statistics.median((way[number + 1] - way[number]) / 1000 for way in found)
        name = f"{before[0]}: {before[1]} to {after[1]}" if before[0] == after[0] else f"{before[0]} to {after[0]}"
        rows.append(Row(f"{number + 1}. {name}", microseconds, "us"))
    handled = statistics.median((way[-1] - way[0]) / 1000 for way in found)
    rows.append(Row("HTTP: the rest, with the client", 1e6 * whole - handled, "us"))
    rows.append(Row("whole request, p50", 1e6 * whole, "us"))
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 2 if nothing can be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.http_legs", description=__doc__)
    parser.add_argument("--awake", action="store_true", help="while no core may sleep")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="sm") as name:
            folder = Path(name)
            with mesh(folder, through=("bench.http_stamped",), variables={FOLDER: name}) as server:
                run(server.port, 1, WARM_UP)
                with cores_awake() if options.awake else nullcontext():
                    whole = run(server.port, 1, options.seconds).p50
                pids = {process: server.pids[process] for process in dict.fromkeys(process for process, _ in WAY)}
            found = list(ways(folder, pids))
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 2
    return report(f"Where the time of a single request goes ({len(found)} requests)", legs(found, whole), options.json)


if __name__ == "__main__":
    sys.exit(main())
