"""What listening costs, beside others: `python -m bench.ears --corpus CORPUS.csv --music FOLDER`.

The same tracks go through `spectral`, `musicnn`, `fusion`, and, where a Python with them is named, through bliss
(`--bliss PYTHON`) and the original musicnn package on TensorFlow (`--original PYTHON`), each in a process of its own
with one thread. CPU seconds are those of all threads, decoding included, start and loading left out. Without a corpus
the demo library is listened to.
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

#: The most that `fusion` may cost, by that of `spectral`, and megabytes that a worker of it may take.
COST_GOAL, MEMORY_GOAL = 2.2, 250.0
OURS = ("spectral", "musicnn", "fusion")
#: Scripts that import nothing of ours, run by the Pythons that have the others.
BLISS, ORIGINAL = "ears_bliss.py", "ears_original.py"
#: Without this folder on their path: it has modules named as some of Python's own.
ALONE = ("-P",)
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), "1")


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds for seconds of music, tracks listened to, megabytes at most, megabytes installed for it."""

    cpu: float
    music: float
    tracks: int
    memory: float
    installed: float

    @property
    def a_minute(self) -> float:
        """CPU seconds a minute of music."""
        return self.cpu / self.music * 60

    @property
    def an_hour(self) -> float:
        """Tracks an hour that two cores can do."""
        return 2 * 3600 / (self.cpu / self.tracks)


def measure(command: Sequence[str], paths: Sequence[Path]) -> Cost:
    """One process through all `paths`. Raises `SystemExit` with what it said where it fails."""
    environment = os.environ | ONE_THREAD | {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def subjects(options: argparse.Namespace) -> Iterator[tuple[str, list[str]]]:
    """Names and the commands that listen."""
    for model in OURS:
        yield model, [sys.executable, "-m", "bench.ears_ours", model]
    here = Path(__file__).parent
    if options.bliss:
        yield "bliss", [str(options.bliss), *ALONE, str(here / BLISS)]
    if options.original:
        yield "original musicnn, both taggers", [str(options.original), *ALONE, str(here / ORIGINAL)]


def rows(costs: dict[str, Cost]) -> list[Row]:
    """The figures of every subject, and what is asked of `fusion`."""
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
    """Measure, print, and say by the exit code whether a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="csv of tracks, as for bench.quality")
    parser.add_argument("--music", type=Path, default=Path(), help="folder that its paths are below")
    parser.add_argument("--every", type=int, default=23, metavar="N", help="listen to every Nth track")
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
    return report(f"what listening costs, {len(paths)} tracks", rows(costs), options.json)


def _paths(options: argparse.Namespace, folder: Path) -> list[Path]:
    if options.corpus:
        return [track.path for track in read_corpus(options.corpus, options.music)][:: options.every]
    from demo import build

    return [Path(made.path) for made in build(folder).tracks if made.style][:: options.every]


if __name__ == "__main__":
    sys.exit(main())
