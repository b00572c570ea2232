"""Who holds how much memory on which device of this host: a small file in the run folder, under a file lock.

No process owns the ledger, so none can take it down with it; entries of processes that are gone fall out by themselves.
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

#: File names in the run folder.
LEDGER_FILE = "models-memory.json"
LOCK_FILE = "models-memory.lock"
#: What torch and libc call it when memory is at its end, where the exception's type does not say it.
OUT_OF_MEMORY_WORDS = ("out of memory", "can't allocate memory", "not enough memory")
#: Start time of a process that is dead, but that its parent has not waited for yet.
UNREAPED = "unreaped"


@dataclass(frozen=True, slots=True)
class Entry:
    """One model in one process. `started` is the process's start time, so that a reused pid is not mistaken for it."""

    worker: str
    model: str
    device: str
    bytes: int
    last_use: float
    busy: bool = True
    loaded: bool = False
    pid: int = 0
    started: str = ""


class Ledger:
    """The entries of this host's living processes. Each worker has at most one."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / LEDGER_FILE
        self._lock = folder / LOCK_FILE

    @contextlib.contextmanager
    def change(self) -> Iterator[dict[str, Entry]]:
        """The entries by worker, to read and to change; nobody else does until the block ends."""
        with self._lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = self._read()
            entries = {worker: entry for worker, entry in before.items() if _lives(entry)}
            yield entries
            if entries != before:
                self._write(entries)

    def entries(self) -> dict[str, Entry]:
        """The entries now, by worker."""
        with self.change() as entries:
            return dict(entries)

    def release(self, worker: str) -> None:
        """Strike out what `worker` holds."""
        with self.change() as entries:
            entries.pop(worker, None)

    def mark(self, worker: str, *, busy: bool) -> None:
        """Note that `worker` begins or ends its work now; nothing where it has no entry."""
        with self.change() as entries:
            if worker in entries:
                entries[worker] = replace(entries[worker], busy=busy, last_use=time.time())

    def _read(self) -> dict[str, Entry]:
        try:
            return {worker: Entry(**fields) for worker, fields in json.loads(self._file.read_bytes()).items()}
        except (OSError, ValueError, TypeError, AttributeError):  # absent, cut off, or of another version
            return {}

    def _write(self, entries: dict[str, Entry]) -> None:
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps({worker: asdict(entry) for worker, entry in entries.items()}))
        draft.replace(self._file)


def own_process() -> tuple[int, str]:
    """Pid and start time of this process, as entries carry them."""
    return os.getpid(), _start_time(os.getpid())


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that memory is at its end, whoever raised it; torch is not imported for it."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in OUT_OF_MEMORY_WORDS)


def give_back_memory() -> None:
    """Return what is free inside this process to the device and to the system."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    with contextlib.suppress(AttributeError, OSError):  # glibc only
        ctypes.CDLL(None).malloc_trim(0)


def readable(size: float) -> str:
    """`2.6 GB`, `512 MB`."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _lives(entry: Entry) -> bool:
    try:
        os.kill(entry.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's: alive
        return True
    started = _start_time(entry.pid)
    return started == entry.started and started != UNREAPED


def _start_time(pid: int) -> str:
    """Clock ticks since boot (proc(5), field 22); `UNREAPED` for a dead one, "" where there is no /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return UNREAPED if fields[0] in "ZX" else fields[19]
