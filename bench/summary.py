"""`python -m bench.summary [--full]`, or `make bench`: one table of what has a goal or a peer, from all quick benches.

Each bench runs in processes of its own, one after the other, with the command that the table shows. The quick ones take
about 15 minutes on two cores that have nothing else to do, and ten more the first time: a store of 100,000 tracks is
filled, and the peers are installed. `--full` measures longer, and adds what takes long.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.http_servers import REPOSITORY
from bench.report import Against, Row
from bench.summary_table import Measured, markdown, text

#: Folder of what is kept between runs, and of the output of each bench.
KEPT: Final = "build/bench"
#: Seconds that one bench may take.
PATIENCE: Final = 3600.0
KEEP: Final = ("--keep", KEPT)


@dataclass(frozen=True, slots=True)
class Bench:
    """A bench, its arguments, and the page that says what was tried where it misses a goal. No `quick`: only full."""

    module: str
    page: str
    quick: tuple[str, ...] | None
    full: tuple[str, ...] = ()

    def arguments(self, full: bool) -> tuple[str, ...] | None:
        """Returns its arguments; None if it does not run."""
        return self.full if full else self.quick


#: In the order of the table. What has its own conditions (music, root, a GPU) is not here: see docs/benchmarks.
BENCHES: Final = (
    Bench("broker", "mesh.md#broker", ("--repeats", "9")),
    Bench("http", "mesh.md#gateway", ("--peers", "--repeats", "3"), ("--peers",)),
    Bench("http", "playlists.md", ("--playlist", *KEEP), ("--playlist", "--seconds", "10", *KEEP)),
    Bench(
        "search",
        "search.md#the-embedded-store",
        ("--rows", "100000", "--kinds", "clusters", "--parts", "embedded", *KEEP),
        ("--full", "--kinds", "clusters"),
    ),
    Bench("flow", "faults.md#flow", ("--seconds", "6")),
    Bench("scanner", "mesh.md#upload-socket", ("--runs", "3")),
    Bench("scale", "mesh.md#jobs-in-a-library-of-100000-tracks", ("--tracks", "5000"), ()),
    Bench("words", "text.md", None),
    Bench("soak", "faults.md#mixed-load", None),
    Bench("faults", "faults.md", None),
    Bench("plugin", "plugin.md", None),
)


def measure(bench: Bench, arguments: Sequence[str]) -> Measured:
    """Run one bench."""
    command = ["python", "-m", f"bench.{bench.module}", *arguments]
    began = time.monotonic()
    log = REPOSITORY / KEPT / f"{bench.module}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as errors:
        try:
            done = subprocess.run(
                [sys.executable, *command[1:], "--json"],
                cwd=REPOSITORY,
                stdout=subprocess.PIPE,
                stderr=errors,
                timeout=PATIENCE,
                check=False,
            )
            rows, problem = _rows(done.stdout), ""
        except (subprocess.TimeoutExpired, ValueError, KeyError, TypeError) as error:
            rows, problem = [], f"failed ({type(error).__name__}): see {log.relative_to(REPOSITORY)}"
    return Measured(" ".join(command), bench.page, rows, problem, time.monotonic() - began)


def _rows(output: bytes) -> list[Row]:
    """Returns what a bench printed as JSON. Raises `ValueError`, `KeyError` or `TypeError` if it printed none."""
    rows = []
    for row in json.loads(output)["rows"]:
        against = row.pop("against", None)
        rows.append(Row(**row, against=None if against is None else Against(**against)))
    return rows


def conditions(began: float, load: float) -> str:
    """Returns a sentence on the machine."""
    minutes = (time.monotonic() - began) / 60
    return (
        f"{len(os.sched_getaffinity(0))} processors ({platform.machine()}), Python {platform.python_version()}, "
        f"load {load:.1f} at the start and {os.getloadavg()[0]:.1f} at the end, {minutes:.0f} minutes"
    )


def main(arguments: Sequence[str]) -> int:
    """Returns 1 if a goal was missed or a bench failed."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.summary", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="measure longer, and what takes long")
    parser.add_argument("--only", nargs="+", metavar="BENCH", help="only these: broker, http, search, ...")
    parser.add_argument("--markdown", type=Path, help="also write the table to this file")
    options = parser.parse_args(arguments)
    began, load, found = time.monotonic(), os.getloadavg()[0], list[Measured]()
    for bench in BENCHES:
        chosen = bench.arguments(options.full)
        if chosen is None or (options.only and bench.module not in options.only):
            continue
        print(f"python -m bench.{bench.module} {' '.join(chosen)}", file=sys.stderr, flush=True)
        found.append(measure(bench, chosen))
    said = conditions(began, load)
    print(text(found, said))
    if options.markdown:
        options.markdown.write_text(markdown(found, said))
    return int(any(each.problem or any(row.met is False for row in each.rows) for each in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
