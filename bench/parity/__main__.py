"""Prints one line per case, with the largest absolute difference and the lowest cosine; exit code 1 on any miss.

A golden folder holds configurations, names, seeds and expected arrays (see `bench.golden`). Checkpoints are written
from them in both formats and loaded the way a worker loads them. musicnn's goldens come from its published weights.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from bench.parity.case import Case
from bench.parity.musicnn import FACTS, musicnn_cases

GOLDEN = Path(__file__).parent.parent.parent / "tests" / "data" / "golden"
#: Folders that ship with the tests: of the neural models, and of musicnn.
OWN, OWN_MUSICNN = GOLDEN / "models", GOLDEN / "musicnn"


def cases(golden: Path) -> Iterator[Case]:
    """Yields every case for which the folder has arrays. Imports torch only if such a case needs it."""
    if (golden / FACTS).is_file():
        yield from musicnn_cases(golden)
    if any((golden / name).is_file() for name in ("windows.json", "enrich.npz", "latent.npz")):
        yield from _arithmetic(golden)
    if (golden / "muq_mulan.npz").is_file():
        yield from _muq(golden)
    if (golden / "mert.npz").is_file():
        yield from _mert(golden)


def _arithmetic(golden: Path) -> Iterator[Case]:
    from bench.parity.arithmetic import enrich_cases, latent_cases, window_cases

    if (golden / "windows.json").is_file():
        yield from window_cases(golden)
    if (golden / "enrich.npz").is_file():
        yield from enrich_cases(golden)
    if (golden / "latent.npz").is_file():
        yield from latent_cases(golden)


def _muq(golden: Path) -> Iterator[Case]:
    from bench.golden import write_muq
    from bench.parity.muq import muq_cases

    with tempfile.TemporaryDirectory() as folder:
        write_muq(golden, Path(folder), safetensors=False)
        yield from muq_cases(golden, Path(folder))


def _mert(golden: Path) -> Iterator[Case]:
    """Compare details in both layouts of the weights, and the tracks in one."""
    from bench.golden import write_mert
    from bench.parity.mert import mert_details, mert_tracks

    for layout, safetensors in (("torch file", False), ("safetensors", True)):
        with tempfile.TemporaryDirectory() as folder:
            write_mert(golden, Path(folder), safetensors=safetensors)
            yield from mert_details(golden, Path(folder), layout)
            if safetensors:
                yield from mert_tracks(golden, Path(folder))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.parity", description=__doc__)
    parser.add_argument("--golden", type=Path, help="folder of goldens (default: the tests' own)")
    golden: Path | None = parser.parse_args().golden
    count = missed = 0
    for case in chain.from_iterable(cases(folder) for folder in ([golden] if golden else [OWN, OWN_MUSICNN])):
        print(case.line(), flush=True)
        count += 1
        missed += not case.met
    print(f"{count - missed} of {count} within tolerance")
    return int(missed > 0 or count == 0)


if __name__ == "__main__":
    sys.exit(main())
