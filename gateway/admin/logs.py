"""The log files of the mesh: their last lines, and slow queries."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from contract.errors import NotFound
from contract.text import log_line

#: A log's name without its ending; rotated ones have a number after it and are not listed.
NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
SUFFIX: Final = ".log"
#: Most bytes to read of a log at once, and to search.
MAX_BYTES: Final = 256 * 1024
MAX_SEARCHED: Final = 4 * 1024 * 1024
#: What to look for in the search worker's log.
SLOW: Final = re.compile(r"SLOW_QUERY .*?\btotal=(\d+)ms\b.*")
#: The time at the beginning of a line.
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?")


def listed(folder: Path) -> list[dict[str, Any]]:
    """Return the logs by name, with their sizes and when they changed (unix seconds)."""
    found = []
    for path in _logs(folder):
        try:
            info = path.stat()
        except FileNotFoundError:  # rotated meanwhile
            continue
        found.append({"name": path.stem, "bytes": info.st_size, "changed_at": info.st_mtime})
    return found


def tail(folder: Path, name: str, lines: int, after: int | None) -> dict[str, Any]:
    """Return the last lines of a log, or those since `after`, the `end` of an earlier answer. Raises `NotFound`."""
    path = next((each for each in _logs(folder) if each.stem == name), None)
    if path is None:
        raise NotFound(f"there is no log {name[:80]!r}")
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if after is None or after > size:  # the log was rotated
            start, after = max(0, size - MAX_BYTES), None
        else:
            start = max(after, size - MAX_BYTES)
        file.seek(start)
        data = file.read(size - start)
    whole, _, rest = data.rpartition(b"\n")
    if start and start != after:
        whole = whole.partition(b"\n")[2]  # it begins within a line
    told = [log_line(line) for line in whole.decode(errors="replace").split("\n")] if whole else []
    return {"name": name, "lines": told[-lines:], "end": size - len(rest)}


def slow_queries(folder: Path, most: int) -> list[dict[str, Any]]:
    """Return the slow queries in the search worker's log, newest first."""
    found: list[dict[str, Any]] = []
    for path in _logs(folder):
        if path.stem.startswith("search"):
            for line in _last_lines(path):
                match = SLOW.search(line)
                if match is not None:
                    moment = MOMENT.match(line)
                    at = _seconds(moment[0]) if moment else None
                    found.append({"at": at, "milliseconds": int(match[1]), "line": log_line(match[0])})
    return found[::-1][:most]


def _logs(folder: Path) -> Iterator[Path]:
    try:
        paths = sorted(folder.glob(f"*{SUFFIX}"))
    except OSError:
        return
    for path in paths:
        if NAME.fullmatch(path.stem) and path.is_file() and not path.is_symlink():
            yield path


def _last_lines(path: Path) -> list[str]:
    with path.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - MAX_SEARCHED))
        return file.read(MAX_SEARCHED).decode(errors="replace").split("\n")


def _seconds(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text.replace(",", ".")).astimezone().timestamp()
    except ValueError:
        return None
