"""Builds a demo library in a folder: once, and completely despite any interruption."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Final, TypeAlias

from broker.process import die_with_parent
from contract.errors import Conflict
from demo import catalogue
from demo.catalogue import LIBRARIES, Entry
from demo.library import DATABASE, MARKER, DemoLibrary, load, read_marker, write_marker
from machine import processors

#: Increase whenever the same catalogue gives other files or another database.
VERSION: Final = 1
LOCK: Final = ".lock"
PARTS: Final = ".parts"

#: Called with (tracks made, tracks in total).
Progress: TypeAlias = Callable[[int, int], None]


def build(folder: Path, now: datetime | None = None, progress: Progress | None = None) -> DemoLibrary:
    """Build the whole demo library (about seventy tracks, two libraries, a Navidrome database) in `folder`.

    Returns an existing library at once and completes an unfinished one. Plays and stars are dated relative to `now`;
    everything else is the same each time. Uses every core; in scripts, call it below `if __name__ == "__main__"`.

    Raises:
        Conflict: the folder holds other files.
    """
    return build_entries(folder, catalogue.full(), now, progress, processors())


def build_small(folder: Path, tracks: int = 12, now: datetime | None = None) -> DemoLibrary:
    """Build a library for tests in a second or two.

    It has `tracks` (at most 24) tracks of four seconds in three styles, no oddities, and an empty archive.

    Raises:
        Conflict: the folder holds other files.
    """
    return build_entries(folder, catalogue.small(tracks), now)


def build_entries(
    folder: Path,
    entries: Sequence[Entry],
    now: datetime | None = None,
    progress: Progress | None = None,
    processes: int = 1,
) -> DemoLibrary:
    """Build a library of the given entries; see `build`."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    version = sha256(repr((VERSION, entries)).encode()).hexdigest()[:16]
    with _locked(folder):
        marker = read_marker(folder)
        if marker and marker["complete"] and (marker["version"], marker["folder"]) == (version, str(folder)):
            return load(folder)
        if marker is None or marker["version"] != version:
            _clear(folder, ours=marker is not None)
        write_marker(folder, version, entries, complete=False)
        for name in LIBRARIES.values():
            (folder / name).mkdir(exist_ok=True)
        _make_files(folder, entries, progress or (lambda _done, _total: None), processes)
        _make_database(folder, entries, now or datetime.now(UTC))
        shutil.rmtree(folder / PARTS, ignore_errors=True)
        write_marker(folder, version, entries, complete=True)
    return load(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Admit one process at a time; a second one waits and finds the work done."""
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _clear(folder: Path, *, ours: bool) -> None:
    """Empty the folder; never removes files that are not ours."""
    if not ours:
        others = sorted(path.name for path in folder.iterdir() if path.name not in {LOCK, f"{MARKER}.part"})
        if others:
            raise Conflict(f"{folder} is not empty (it has {others[0]}): choose an empty folder for the demo library")
        return
    for name in (*LIBRARIES.values(), PARTS):
        shutil.rmtree(folder / name, ignore_errors=True)
    for path in folder.glob(f"{DATABASE}*"):
        path.unlink()


def _make_files(folder: Path, entries: Sequence[Entry], progress: Progress, processes: int) -> None:
    """Make the files that do not exist yet."""
    from demo.making import copy, make

    missing = [entry for entry in entries if not (folder / entry.location).exists()]
    pieces = [entry for entry in missing if entry.kind != "copy"]
    done = len(entries) - len(missing)
    progress(done, len(entries))
    if processes == 1:
        for entry in pieces:
            make(folder, entry)
    elif pieces:
        # A fork would copy locks that the caller's threads hold.
        context = get_context("spawn")
        with ProcessPoolExecutor(processes, context, die_with_parent) as pool:
            longest_first = sorted(pieces, key=lambda entry: -entry.seconds)
            for made in as_completed([pool.submit(make, folder, entry) for entry in longest_first]):
                made.result()
                done += 1
                progress(done, len(entries))
    for entry in missing:
        if entry.kind == "copy":
            copy(folder, next(e for e in entries if _same_recording(e, entry)), entry)
    progress(len(entries), len(entries))


def _same_recording(original: Entry, entry: Entry) -> bool:
    return original.kind == "normal" and (original.seed, original.take) == (entry.seed, entry.take)


def _make_database(folder: Path, entries: Sequence[Entry], now: datetime) -> None:
    from demo.database import fill
    from demo.schema import create_database

    part = folder / PARTS / DATABASE
    part.parent.mkdir(exist_ok=True)
    part.unlink(missing_ok=True)
    create_database(part)
    fill(part, folder, entries, now.astimezone(UTC))
    # The last user of a database removes its -wal file; a leftover one must not be applied to the new database.
    for old in folder.glob(f"{DATABASE}-*"):
        old.unlink()
    part.replace(folder / DATABASE)
