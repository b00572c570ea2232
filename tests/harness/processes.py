"""Processes that end, are killed, or hang."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

#: Seconds within which a process ends that was told to.
END_S: Final = 30.0

Process = subprocess.Popen[bytes]


def ends(process: Process) -> int:
    """Its exit code, once it has ended by itself."""
    return process.wait(timeout=END_S)


def end(process: Process, number: int = signal.SIGTERM) -> int:
    """Send it a signal; its exit code, once it has ended."""
    process.send_signal(number)
    return ends(process)


def kill(process: Process | int) -> None:
    """Kill a process, by its id if it is not our child; a child is gone on return."""
    if isinstance(process, int):
        os.kill(process, signal.SIGKILL)
    else:
        end(process, signal.SIGKILL)


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


@contextmanager
def stopped(*processes: Process) -> Iterator[None]:
    """They hang meanwhile."""
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGCONT)
