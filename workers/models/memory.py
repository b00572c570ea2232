"""The budget of model memory per device of this host: a small file in the run folder, under a file lock.

No process owns the budget, so none can take it down by crashing; entries of dead processes are dropped on reading.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import gc
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

#: File names in the run folder.
BUDGET_FILE: Final = "models-memory.json"
LOCK_FILE: Final = "models-memory.lock"
#: How torch and libc report that memory ran out, if the type of the exception does not show it.
OUT_OF_MEMORY_WORDS: Final = ("out of memory", "can't allocate memory", "not enough memory")
#: Start time of a dead process that its parent has not reaped yet.
UNREAPED: Final = "unreaped"


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """One model in one process. `started` is the start time of the process, in case another reuses its pid."""

    worker: str
    model: str
    device: str
    bytes: int
    last_use: float
    busy: bool = True
    loaded: bool = False
    pid: int = 0
    started: str = ""


class MemoryBudget:
    """The entries of this host's live processes, at most one per worker."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / BUDGET_FILE
        self._lock = folder / LOCK_FILE

    @contextlib.contextmanager
    def change(self) -> Iterator[dict[str, MemoryUse]]:
        """Lock the budget and yield its entries by worker, to read and change; saves changes when the block ends."""
        with self._lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = self._read()
            uses = {worker: use for worker, use in before.items() if _lives(use)}
            yield uses
            if uses != before:
                self._write(uses)

    def uses(self) -> dict[str, MemoryUse]:
        """Return a copy of the entries, by worker."""
        with self.change() as uses:
            return dict(uses)

    def release(self, worker: str) -> None:
        """Remove the entry of `worker`."""
        with self.change() as uses:
            uses.pop(worker, None)

    def mark(self, worker: str, *, busy: bool) -> None:
        """Record that `worker` starts or ends its work now; does nothing if it has no entry."""
        with self.change() as uses:
            if worker in uses:
                uses[worker] = replace(uses[worker], busy=busy, last_use=time.time())

    def _read(self) -> dict[str, MemoryUse]:
        try:
            return {worker: MemoryUse(**fields) for worker, fields in json.loads(self._file.read_bytes()).items()}
        except (OSError, ValueError, TypeError, AttributeError):  # absent, cut off, or of another version
            return {}

    def _write(self, uses: dict[str, MemoryUse]) -> None:
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps({worker: asdict(use) for worker, use in uses.items()}))
        draft.replace(self._file)


def own_process() -> tuple[int, str]:
    """Return the pid and start time of this process, as entries store them."""
    return os.getpid(), _start_time(os.getpid())


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that memory ran out, whoever raised it. Does not import torch."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in OUT_OF_MEMORY_WORDS)


def give_back_memory() -> None:
    """Return unused memory of this process to the device and the system."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    with contextlib.suppress(AttributeError, OSError):  # glibc only
        ctypes.CDLL(None).malloc_trim(0)


def readable(size: float) -> str:
    """Format bytes: `2.6 GB`, `512 MB`."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _lives(use: MemoryUse) -> bool:
    try:
        os.kill(use.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's: alive
        return True
    started = _start_time(use.pid)
    return started == use.started and started != UNREAPED


def _start_time(pid: int) -> str:
    """Return clock ticks since boot (proc(5), field 22), `UNREAPED` for a zombie, or "" if there is no /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return UNREAPED if fields[0] in "ZX" else fields[19]
