"""Prints one line a case, with the largest absolute difference and the least cosine; exit code 1 on any miss.

A golden folder holds configurations, names, seeds and expected arrays (see `bench.golden`). Checkpoints are written
from them in both formats and loaded the way a worker loads them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.golden import write_mert, write_muq
from bench.parity.arithmetic import enrich_cases, latent_cases, window_cases
from bench.parity.case import Case
from bench.parity.mert import mert_details, mert_tracks
from bench.parity.muq import muq_cases

#: The folder that comes with the tests.
OWN = Path(__file__).parent.parent.parent / "tests" / "models" / "golden"


def cases(golden: Path) -> Iterator[Case]:
    """Every case that the folder has arrays for."""
    if (golden / "windows.json").is_file():
        yield from window_cases(golden)
    if (golden / "enrich.npz").is_file():
        yield from enrich_cases(golden)
    if (golden / "latent.npz").is_file():
        yield from latent_cases(golden)
    if (golden / "muq_mulan.npz").is_file():
        with tempfile.TemporaryDirectory() as folder:
            write_muq(golden, Path(folder), safetensors=False)
            yield from muq_cases(golden, Path(folder))
    if (golden / "mert.npz").is_file():
        yield from _mert(golden)


def _mert(golden: Path) -> Iterator[Case]:
    """Details in both layouts of the weights, the tracks in one."""
    for layout, safetensors in (("torch file", False), ("safetensors", True)):
        with tempfile.TemporaryDirectory() as folder:
            write_mert(golden, Path(folder), safetensors=safetensors)
            yield from mert_details(golden, Path(folder), layout)
            if safetensors:
                yield from mert_tracks(golden, Path(folder))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.parity", description=__doc__)
    parser.add_argument("--golden", type=Path, default=OWN, help="folder of goldens (default: the tests' own)")
    golden: Path = parser.parse_args().golden
    count = missed = 0
    for case in cases(golden):
        print(case.line(), flush=True)
        count += 1
        missed += not case.met
    print(f"{count - missed} of {count} within tolerance")
    return int(missed > 0 or count == 0)


if __name__ == "__main__":
    sys.exit(main())
