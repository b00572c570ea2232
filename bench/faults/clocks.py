"""Sets the clock of every process ahead and back, with libfaketime: never that of the machine.

The load runs in a process of its own, whose clock is set like those of the mesh.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from bench.faults.load import SERVICE
from bench.faults.processes import WORKERS, opened
from bench.faults.supervised import SupervisedProcesses
from bench.faults.tally import Round, Tally

#: Where Debian and others put the library (package `libfaketime`); it sets the clock as a file says.
PLACES: Final = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib")
LIBRARY: Final = "faketime/libfaketime.so.1"
#: Faults: seconds by which the clock is set.
FAULTS: Final[Mapping[str, int]] = {"clock an hour ahead": 3600, "clock an hour back": -3600, "clock 2 s ahead": 2}
#: Seconds of load, until the clock is set, and that a caller gives a request.
LOAD_SECONDS, BEFORE_SECONDS, TIMEOUT = 6.0, 3.0, 30.0


class NoClock(Exception):
    """libfaketime is not installed."""


def faketime() -> Path:
    """Returns the library. Raises `NoClock`."""
    for place in PLACES:
        library = Path(place) / LIBRARY
        if library.exists():
            return library
    raise NoClock("libfaketime is not installed (Debian: apt install libfaketime)")


def setting(folder: Path) -> dict[str, str]:
    """Returns the environment of a process whose clock the file `clock` in the folder sets."""
    clock = folder / "clock"
    set_clock(clock, 0)
    return {
        "LD_PRELOAD": str(faketime()),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def set_clock(clock: Path, seconds: int) -> None:
    """Set the clock, `seconds` off that of the machine."""
    new = clock.with_suffix(".new")
    new.write_text(f"{seconds:+d}s\n")
    new.replace(clock)


def play(folder: Path, names: Collection[str], rounds: int) -> Iterator[Round]:
    """Rounds of the faults named; none, with a line that says so, where the library is missing."""
    try:
        environment = setting(folder)
    except NoClock as reason:
        sys.stderr.write(f"skipped: {', '.join(names)}: {reason}\n")
        return
    with opened(folder, **environment) as mesh:
        for _ in range(rounds):
            for name in names:
                yield one(mesh, name, FAULTS[name])


def one(mesh: SupervisedProcesses, name: str, seconds: int) -> Round:
    """One round: the clock is set in the middle of the load, and again after it."""
    mesh.wait_for(SERVICE, len(WORKERS))
    starts = dict(mesh.starts)
    command = [
        sys.executable,
        "-m",
        "bench.faults.load",
        mesh.settings.broker_endpoint,
        str(LOAD_SECONDS),
        str(TIMEOUT),
    ]
    load = subprocess.Popen(command, env=os.environ | mesh.environment, stdout=subprocess.PIPE)
    time.sleep(BEFORE_SECONDS)
    set_clock(mesh.folder / "clock", seconds)
    output, _ = load.communicate(timeout=LOAD_SECONDS + 4 * TIMEOUT)
    set_clock(mesh.folder / "clock", 0)
    found: dict[str, Any] = json.loads(output)
    recovery = found.pop("silence")
    tally = Tally(**found | {"failed": Counter(found["failed"])})
    tally.expect(mesh.starts == starts, "a process has ended")
    tally.expect(tally.answered > 0, "nothing was answered")
    return Round(name, tally, recovery)
