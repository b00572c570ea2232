"""Proposes a path map: finds the sampled files on this machine by the ends of their paths."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from cli.setup.places import to_search
from cli.setup.trying import Sample
from cli.setup.walking import Folder, walk
from contract.setup import PathPair
from workers.library.navidrome.records import MusicFolder

#: By library: how many of its sampled files lie below a folder of this machine.
Roots = dict[int, Counter[str]]


def proposed(samples: Sequence[Sample], starts: Iterable[str]) -> list[PathPair]:
    """Return a pair for every library whose files are not where Navidrome sees them, and were found elsewhere."""
    libraries = {sample.library.id: sample.library for sample in samples}
    lost = [each for each in libraries.values() if not _in_place(each, samples)]
    if not lost:
        return []
    roots = _found_roots([sample for sample in samples if sample.library in lost], list(starts))
    pairs = []
    for library in lost:
        if roots[library.id]:
            # Of equal folders, the one nearest to the root: copies and backups lie deeper.
            best = min(roots[library.id].items(), key=lambda item: (-item[1], item[0].count("/"), item[0]))[0]
            pairs.append(PathPair(theirs=library.path.rstrip("/") or "/", here=best.rstrip("/")))
    return pairs


def places(data: os.PathLike[str], database: os.PathLike[str]) -> list[str]:
    """Return the folders to search for files: the usual ones, those mounted, and where the database is."""
    from pathlib import Path

    beside = Path(database).resolve().parent
    return list(dict.fromkeys([*to_search(Path(data)), str(beside), str(beside.parent)]))


def _in_place(library: MusicFolder, samples: Sequence[Sample]) -> bool:
    own = [sample for sample in samples if sample.library == library]
    return any(_is_file(f"{library.path.rstrip('/')}/{sample.relative}", sample.track.size) for sample in own)


def _found_roots(samples: Sequence[Sample], starts: list[str]) -> Roots:
    """Return the folders below which samples lie. Only a folder that lists a path's first part is looked into."""
    roots: Roots = defaultdict(Counter)
    by_first: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_first[sample.relative.split("/", 1)[0]].append(sample)
    counted: set[tuple[str, str]] = set()

    def visit(folder: Folder) -> None:
        names = by_first.keys() & (folder.folders | set(folder.files))
        for sample in (each for name in names for each in by_first[name]):
            key = (folder.path, sample.track.id)
            if key not in counted and _is_file(f"{folder.path}/{sample.relative}", sample.track.size):
                counted.add(key)
                roots[sample.library.id][folder.path] += 1

    walk(starts, visit)
    return roots


def _is_file(path: str, size: int) -> bool:
    """Return whether this file is there, with the size that Navidrome knows (0: any)."""
    try:
        found = os.stat(path)  # noqa: PTH116  names may hold undecodable bytes
    except (OSError, ValueError):
        return False
    return not size or found.st_size == size
