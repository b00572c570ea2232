"""What a process takes, read from /proc (Linux): memory and processor time."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

TICKS: Final = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Returns CPU seconds of a process so far; 0 if it is gone or the system does not report it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_bytes(pid: int) -> int:
    """Returns the memory of a process; 0 if the system does not report it."""
    status = Path(f"/proc/{pid}/statm")
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if status.exists() else 0


def peak_bytes(pid: int) -> int:
    """Returns the most memory that a process has had; 0 if it is gone or the system does not report it."""
    return _kilobytes(Path(f"/proc/{pid}/status"), "VmHWM")


def proportional_bytes(pid: int) -> int:
    """Returns the memory of a process, shared pages divided among those that share them; 0 if it is gone."""
    return _kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss")


def anonymous_bytes(pid: int) -> int:
    """Returns the memory of a process without the files that it maps; 0 if the system does not report it."""
    return _kilobytes(Path(f"/proc/{pid}/status"), "RssAnon")


def _kilobytes(path: Path, name: str) -> int:
    """Returns one line of a /proc file in bytes; 0 if the process is gone or the system does not report it."""
    try:
        found = re.search(rf"^{name}:\s+(\d+) kB", path.read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0
