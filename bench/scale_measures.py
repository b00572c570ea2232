"""Measuring tools of the scale bench: processes, folders, and the cost of each tenth of a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from bench.processes import peak_bytes, proportional_bytes

#: Shares of a job that bound its first, middle and last tenth.
TENTHS: Final = {"first": (0.0, 0.1), "middle": (0.45, 0.55), "last": (0.9, 1.0)}
MB: Final = 1e6


@dataclass(frozen=True, slots=True)
class Mark:
    """Progress of a job at one moment: tracks done, wall time in seconds, CPU seconds by process."""

    done: int
    clock: float
    cpu: Mapping[str, float]


@dataclass(slots=True)
class Peaks:
    """Peak memory of each process, in bytes: resident, and its proportional share (sampled)."""

    resident: dict[str, int] = field(default_factory=dict)
    proportional: dict[str, int] = field(default_factory=dict)

    def look(self, processes: Mapping[str, int]) -> None:
        """Take a sample."""
        for name, pid in processes.items():
            resident = peak_bytes(pid)
            proportional = proportional_bytes(pid)
            self.resident[name] = max(self.resident.get(name, 0), resident)
            self.proportional[name] = max(self.proportional.get(name, 0), proportional)


def folder_bytes(path: Path) -> int:
    """Returns the bytes of a file, or of all files below a folder. Files that vanish meanwhile do not count."""
    total = 0
    for one in [path, *path.rglob("*")]:
        try:
            total += one.stat().st_size if one.is_file() else 0
        except OSError:
            continue
    return total


def clock_of_tenths(marks: Sequence[Mark]) -> dict[str, float]:
    """Returns the wall time per track in the first, middle and last tenth, in seconds."""
    return _of_tenths(marks, [mark.clock for mark in marks])


def cpu_of_tenths(marks: Sequence[Mark], process: str) -> dict[str, float]:
    """Returns the CPU seconds per track of one process in the first, middle and last tenth."""
    return _of_tenths(marks, [mark.cpu.get(process, 0.0) for mark in marks])


def _of_tenths(marks: Sequence[Mark], values: Sequence[float]) -> dict[str, float]:
    """Returns the growth of `values` per track. `marks` begin with nothing done and end with everything."""
    done, grown = zip(*_steps(marks, values), strict=True)
    total = done[-1]
    found = {}
    for name, (start, end) in TENTHS.items():
        before, after = np.interp([start * total, end * total], done, grown)
        found[name] = float(after - before) / ((end - start) * total)
    return found


def _steps(marks: Sequence[Mark], values: Sequence[float]) -> list[tuple[int, float]]:
    """Returns (done, value), `done` rising: the last mark before the first track, the first at each later number."""
    steps: list[tuple[int, float]] = []
    for mark, value in zip(marks, values, strict=True):
        if mark.done == 0:
            steps = [(0, value)]
        elif not steps or mark.done > steps[-1][0]:
            steps.append((mark.done, value))
    return steps
