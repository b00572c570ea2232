"""Faults under load: processes are killed, stopped, hang or misbehave; disks are full; the clock is changed.

Each round keeps requests open while one fault happens, and counts what their callers got:

    python -m bench.faults [--rounds 5] [--only NAME ...] [--list] [--json]

Callers may notice a delay, but nothing else: no request may be lost, fail, or be answered wrongly or twice. Exits with
1 otherwise. `recovery` is the longest time without a right answer.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

from bench.faults import clocks, disks, meshes, processes, servers
from bench.faults.tally import Round, heading
from bench.report import Row, report

Rounds = Iterator[Round]
#: Plays a number of rounds of each named fault, in a folder.
Play = Callable[[Path, Collection[str], int], Rounds]


def _processes(folder: Path, names: Collection[str], rounds: int) -> Rounds:
    with processes.opened(folder) as mesh:
        for _ in range(rounds):
            for name in names:
                yield processes.play(mesh, name)


def _meshes(folder: Path, names: Collection[str], rounds: int) -> Rounds:
    with meshes.opened(folder) as mesh:
        for _ in range(rounds):
            for name in names:
                yield meshes.play(mesh, name)


PLAYS: Final[Sequence[tuple[Collection[str], Play]]] = (
    (processes.FAULTS, _processes),
    (meshes.FAULTS, _meshes),
    (clocks.FAULTS, clocks.play),
    (disks.FAULTS, disks.play),
    (servers.FAULTS, servers.play),
)


def played(names: Collection[str], rounds: int) -> Rounds:
    """Play the faults named, each in a mesh that it may break."""
    for known, play in PLAYS:
        wanted = [name for name in known if name in names]
        if wanted:
            with tempfile.TemporaryDirectory(prefix="sm", ignore_cleanup_errors=True) as folder:
                yield from play(Path(folder), wanted, rounds)


def rows(rounds: Sequence[Round]) -> list[Row]:
    """Returns a row per fault, with the seconds to recover: median and worst."""
    found = []
    for name in dict.fromkeys(each.name for each in rounds):
        mine = [each for each in rounds if each.name == name]
        good = sum(each.tally.good for each in mine)
        seconds = [each.recovery for each in mine]
        goal = f"none lost, failed, wrong ({good}/{len(mine)}); worst {max(seconds):.2f} s"
        found.append(Row(name, statistics.median(seconds), "s", goal, good == len(mine)))
    return found


def main(arguments: Sequence[str]) -> int:
    """Play the rounds and report."""
    every = [name for known, _ in PLAYS for name in known]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", default=every, metavar="NAME", help="faults, or the start of their names")
    parser.add_argument("--list", action="store_true", help="print the names of all faults")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    names = [name for name in every if name.startswith(tuple(options.only))]
    if options.list:
        print("\n".join(every))
        return 0
    sys.stderr.write(f"{heading()}\n")
    done = []
    for each in played(names, options.rounds):
        sys.stderr.write(f"{each.line()}\n")
        done.append(each)
    return report(f"faults, {options.rounds} rounds each: median seconds to recover", rows(done), options.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
