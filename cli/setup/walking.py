"""Walks through folders breadth-first, within a number of entries and a time, whatever is mounted there."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

#: How deep below a starting folder, how many entries of it, and how many seconds to look.
DEPTH: Final = 5
ENTRIES: Final = 60_000
SECONDS: Final = 6.0
#: Names of folders in which nobody keeps music.
SKIPPED: Final = frozenset({"node_modules", "lost+found", "overlay2", "cache", "Cache", "proc", "sys", "__pycache__"})
#: Hidden folders that may hold Navidrome's data.
SHOWN: Final = frozenset({".navidrome", ".local"})


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder: its path, its depth below the start, the names of folders and files in it."""

    path: str
    depth: int
    folders: frozenset[str]
    files: Sequence[str]


Visit = Callable[[Folder], None]


@dataclass(slots=True)
class Walk:
    """What became of a walk: the starts that were searched, and those that took too long."""

    looked: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)


def walk(starts: Sequence[str], visit: Visit, seconds: float = SECONDS) -> Walk:
    """Visit the folders below every start. `visit` may be called from several threads, though never twice at once.

    Each start has a thread of its own, which is left behind if it hangs: a share whose server is gone blocks calls.
    """
    until = time.monotonic() + seconds
    guard = threading.Lock()
    result = Walk()
    threads = []
    for start in starts:
        done = threading.Event()
        arguments = (start, visit, guard, until, done)
        thread = threading.Thread(target=_below, args=arguments, daemon=True, name=f"walk {start}")
        thread.start()
        threads.append((start, thread, done))
    for start, thread, done in threads:
        thread.join(max(0.0, until + 0.2 - time.monotonic()))
        (result.looked if done.is_set() else result.unfinished).append(start)
    return result


def _below(start: str, visit: Visit, guard: threading.Lock, until: float, done: threading.Event) -> None:
    waiting = deque([(start, 0)])
    seen = 0
    while waiting and seen < ENTRIES:
        path, depth = waiting.popleft()
        if time.monotonic() > until:
            return
        folder = _listed(path, depth)
        if folder is None:
            continue
        seen += len(folder.folders) + len(folder.files) + 1
        with guard:
            if time.monotonic() > until:
                return  # nobody reads what comes now
            visit(folder)
        if depth < DEPTH:
            waiting.extend((os.path.join(path, name), depth + 1) for name in sorted(folder.folders) if _wanted(name))  # noqa: PTH118  names may hold undecodable bytes
    done.set()


def _listed(path: str, depth: int) -> Folder | None:
    """Return a folder with its names; links to folders are not followed."""
    folders, files = set(), []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.add(entry.name)
                else:
                    files.append(entry.name)
    except OSError:
        return None
    return Folder(path, depth, frozenset(folders), files)


def _wanted(name: str) -> bool:
    return name not in SKIPPED and (not name.startswith(".") or name in SHOWN)
