"""Full disks below data, state and logs: small file systems in memory, which only root may mount."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.faults.load import Load
from bench.faults.meshes import ANSWERS, SERVICES, TracksMesh, opened, right_lists, under_lists
from bench.faults.processes import TIMEOUT, after
from bench.faults.supervised import wait_until
from bench.faults.tally import Round
from contract.jobs import ENDED, StartRequest
from contract.library import LibraryClient
from contract.message import Nothing

#: Faults: the folder whose disk is full. The state is in the folder of the data.
FAULTS: Final[Mapping[str, str]] = {"disk full: data, state": "data", "disk full: logs": "logs"}
SIZE: Final = "96m"
#: Seconds that the disk stays full, and that a job gets to end afterwards.
FULL_SECONDS, JOB_SECONDS = 5.0, 240.0
BLOCK: Final = 1024 * 1024


class NoMount(Exception):
    """This process may not mount file systems."""


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a small file system there. Raises `NoMount`."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "none", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        told = getattr(error, "stderr", b"") or str(error).encode()
        raise NoMount(f"cannot mount a tmpfs: {told.decode(errors='replace').strip()}") from None
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Keep the file system of a folder full, to the last byte, inside the context."""
    filler = folder / "filler"
    descriptor = os.open(filler, os.O_CREAT | os.O_WRONLY)
    try:
        size = BLOCK
        while size:
            try:
                os.write(descriptor, bytes(size))
            except OSError:
                size //= 2
        yield
    finally:
        os.close(descriptor)
        filler.unlink()


def play(folder: Path, names: Collection[str], rounds: int) -> Iterator[Round]:
    """Rounds of the faults named; none, with a line that says so, where mounting is not allowed."""
    for number, name in enumerate(names):
        below = folder / str(number)
        try:
            with small_disk(below / FAULTS[name]), opened(below) as mesh:
                for _ in range(rounds):
                    yield one(mesh, name)
        except NoMount as reason:
            sys.stderr.write(f"skipped: {name}: {reason}\n")


def one(mesh: TracksMesh, name: str) -> Round:
    """One round: lists are asked for, and a job embeds everything again, while the disk is full."""
    library = LibraryClient(mesh.processes.client)
    disk = mesh.processes.folder / FAULTS[name]
    starts = dict(mesh.processes.starts)
    freed: list[float] = []

    def ended() -> bool:
        return library.progress(Nothing(), timeout=TIMEOUT).status in ENDED

    def during(loads: Sequence[Load]) -> None:
        time.sleep(0.5)
        library.start_job(StartRequest(clear_existing=True), timeout=TIMEOUT)
        with full(disk):
            time.sleep(FULL_SECONDS)
            if FAULTS[name] == "data":
                loads[0].tally.expect(not ended(), "the job ended on a full disk")
        freed.append(time.monotonic())
        wait_until(ended, "the end of the job", JOB_SECONDS)
        for load in loads:
            after(load, ANSWERS)

    tally = under_lists(mesh, during)
    recovery = time.monotonic() - freed[0]
    status = library.progress(Nothing(), timeout=TIMEOUT).status
    tally.expect(status == "completed", f"the job ended as {status}")
    tally.expect(right_lists(mesh.processes.client) == mesh.lists, "the lists have changed")
    tally.expect(mesh.processes.starts == starts, "a process has ended")
    for service in SERVICES:
        mesh.processes.wait_for(service)
    return Round(name, tally, recovery)
