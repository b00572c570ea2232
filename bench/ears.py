"""The cost of listening, compared with others: `python -m bench.ears --corpus CORPUS.csv --music FOLDER`.

The same tracks go through `spectral`, `musicnn` and `fusion`, and, given a Python that has them, through bliss
(`--bliss PYTHON`) and the original musicnn package on TensorFlow (`--original PYTHON`), each in its own process with
one thread. CPU seconds cover all threads and decoding, but not start-up and loading. Without a corpus it uses the demo
library.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.corpus import read_corpus
from bench.report import Row, report

#: Highest cost of `fusion` relative to `spectral`, and most megabytes for one of its workers.
COST_GOAL, MEMORY_GOAL = 2.2, 250.0
OURS = ("spectral", "musicnn", "fusion")
#: Scripts that import nothing of ours, run by the Pythons that have the other packages.
BLISS, ORIGINAL = "ears_bliss.py", "ears_original.py"
#: Keeps this folder off their path: some of its modules have the names of standard ones.
ALONE = ("-P",)
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), "1")


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds for seconds of music, number of tracks, peak megabytes, megabytes installed for it."""

    cpu: float
    music: float
    tracks: int
    memory: float
    installed: float

    @property
    def a_minute(self) -> float:
        """CPU seconds per minute of music."""
        return self.cpu / self.music * 60

    @property
    def an_hour(self) -> float:
        """Tracks per hour on two cores."""
        return 2 * 3600 / (self.cpu / self.tracks)


def measure(command: Sequence[str], paths: Sequence[Path]) -> Cost:
    """Run one process over all `paths`. Raises `SystemExit` with its output if it fails."""
    environment = os.environ | ONE_THREAD | {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def subjects(options: argparse.Namespace) -> Iterator[tuple[str, list[str]]]:
    """Yields names and the commands that listen."""
    for model in OURS:
        yield model, [sys.executable, "-m", "bench.ears_ours", model]
    here = Path(__file__).parent
    if options.bliss:
        yield "bliss", [str(options.bliss), *ALONE, str(here / BLISS)]
    if options.original:
        yield "original musicnn, both taggers", [str(options.original), *ALONE, str(here / ORIGINAL)]


def rows(costs: dict[str, Cost]) -> list[Row]:
    """Returns the figures of every subject, and the goals for `fusion`."""
    found: list[Row] = []
    for name, cost in costs.items():
        found += [
            Row(f"{name}: CPU, decoding included", cost.a_minute, "s/min"),
            Row(f"{name}: on two cores", cost.an_hour, "tracks/h"),
            Row(f"{name}: memory", cost.memory, "MB"),
            Row(f"{name}: installed for it", cost.installed, "MB"),
        ]
    ratio = costs["fusion"].cpu / costs["spectral"].cpu
    memory = costs["fusion"].memory
    return [
        *found,
        Row("fusion by spectral", ratio, "times", f"<= {COST_GOAL:g}", ratio <= COST_GOAL),
        Row("memory of a fusion worker", memory, "MB", f"<= {MEMORY_GOAL:g}", memory <= MEMORY_GOAL),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code says whether a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="csv of tracks, as for bench.quality")
    parser.add_argument("--music", type=Path, default=Path(), help="root folder of the csv's paths")
    parser.add_argument("--every", type=int, default=23, metavar="N", help="embed every Nth track")
    parser.add_argument("--bliss", type=Path, help="a Python that has bliss-audio")
    parser.add_argument("--original", type=Path, help="a Python that has musicnn, TensorFlow, tf-keras and librosa")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        paths = _paths(options, Path(folder))
        costs: dict[str, Cost] = {}
        for name, command in subjects(options):
            costs[name] = measure(command, paths)
            print(f"{name}: {costs[name].a_minute:.3f} s/min", file=sys.stderr, flush=True)
    return report(f"the cost of embedding {len(paths)} tracks", rows(costs), options.json)


def _paths(options: argparse.Namespace, folder: Path) -> list[Path]:
    if options.corpus:
        return [track.path for track in read_corpus(options.corpus, options.music)][:: options.every]
    from demo import build

    return [Path(made.path) for made in build(folder).tracks if made.style][:: options.every]


if __name__ == "__main__":
    sys.exit(main())
