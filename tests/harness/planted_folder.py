"""Processes of a later release, whose data folder is two versions ahead; their changes are simulated here.

`python -m tests.harness.planted_folder open DATA [--hang PLACE]` opens the folder, prints `open` and keeps it until its
standard input ends. At `PLACE` it prints that and stands still. `python -m tests.harness.planted_folder worker ...` is
`python -m workers` of that release.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final
from unittest.mock import patch

from workers.folder import opening, versions
from workers.folder.copying import keep_state
from workers.folder.versions import Version

#: Where an upgrade can be stopped, in this order.
PLACES: Final = ("copied", "begun", "half of one", "before two", "half of two")
#: Each completed step, one per line.
STEPS: Final = "steps.log"
#: The version of this release, and of the later one.
BASE: Final = len(versions.VERSIONS)
LATER: Final = BASE + 2
#: Name of `scale.json` from the first of the later versions on.
RENAMED: Final = "members.json"
#: Seconds that a step takes, so that others arrive meanwhile.
STEP_SECONDS: Final = 0.3

_hang_at = ""


def _reached(place: str) -> None:
    if place == _hang_at:
        print(place, flush=True)
        time.sleep(3600)


def _one(data: Path) -> None:
    _reached("begun")
    if (data / "state.db").exists():
        with closing(sqlite3.connect(data / "state.db")) as state:
            state.execute("CREATE TABLE IF NOT EXISTS planted (number INTEGER)")
    _reached("half of one")
    if (data / "scale.json").exists():
        (data / "scale.json").replace(data / RENAMED)
    _done(data, "one")


def _two(data: Path) -> None:
    _reached("before two")
    (data / "new").write_text("half")
    _reached("half of two")
    (data / "new").write_text("whole")
    _done(data, "two")


def _done(data: Path, step: str) -> None:
    time.sleep(STEP_SECONDS)
    with (data / STEPS).open("a") as log:
        log.write(f"{step}\n")


_SCHEMA: Final = versions.VERSIONS[-1].state_schema
PLANTED: Final = (*versions.VERSIONS, Version(_SCHEMA, _one), Version(_SCHEMA, _two))


def _stopping_after_the_copy(keep: Callable[[Path, int], None]) -> Callable[[Path, int], None]:
    def kept(data: Path, version: int) -> None:
        keep(data, version)
        _reached("copied")

    return kept


def main() -> None:
    global _hang_at  # noqa: PLW0603  this process does one thing
    versions.VERSIONS = PLANTED
    if sys.argv[1] == "worker":
        from workers.__main__ import main as work
        from workers.runtime.leave import leave

        leave(work(sys.argv[2:]))
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("data", type=Path)
    parser.add_argument("--hang", default="")
    arguments = parser.parse_args()
    _hang_at = arguments.hang
    patch.object(opening, "keep_state", _stopping_after_the_copy(keep_state)).start()
    with opening.open_folder(arguments.data):
        print("open", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
