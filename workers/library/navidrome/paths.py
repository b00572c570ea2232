"""Where Navidrome's files are on this host. Paths are kept byte for byte: no Unicode normalisation."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from workers.library.navidrome.records import Library


class PathMap:
    """Turns Navidrome's folders into those here by prefix; the longest prefix wins.

    `music_root` stands for the folder of the first library (the lowest id, Navidrome's own music folder) and for
    libraries below it. Other libraries need a pair of their own in `pairs`, which also win over `music_root`.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = (), music_root: Path | None = None) -> None:
        self._pairs = [(_plain(there), _plain(here)) for there, here in pairs]
        self._music_root = music_root

    def of(self, libraries: Sequence[Library]) -> Paths:
        """The paths of these libraries' files."""
        pairs = list(self._pairs)
        if self._music_root is not None and libraries:
            first = min(libraries, key=lambda library: library.id)
            pairs.append((_plain(first.path), _plain(str(self._music_root))))
        pairs.sort(key=lambda pair: len(pair[0]), reverse=True)  # stable: of equal prefixes the configured one wins
        return Paths({library.id: _translate(_plain(library.path), pairs) for library in libraries}, pairs)


class Paths:
    """Absolute paths on this host of tracks given as library and relative path."""

    def __init__(self, roots: dict[int, str], pairs: Sequence[tuple[str, str]]) -> None:
        self._roots = roots
        self._pairs = pairs

    def local(self, library_id: int, path: str) -> str:
        """Absolute path here. An old row's absolute path is translated by its own prefix."""
        if path.startswith("/"):
            return _translate(path, self._pairs)
        return os.path.join(self._roots.get(library_id, "/"), path)  # noqa: PTH118  Path would tidy odd names

    def relative(self, path: str) -> list[tuple[int, str]]:
        """Library and relative path that an absolute path here, or in Navidrome's view, may mean."""
        found = []
        for candidate in dict.fromkeys((path, _translate(path, self._pairs))):
            for library_id, root in self._roots.items():
                if candidate.startswith(f"{root}/"):
                    found.append((library_id, candidate[len(root) + 1 :]))
        return found


def _plain(folder: str) -> str:
    return folder.rstrip("/")


def _translate(path: str, pairs: Sequence[tuple[str, str]]) -> str:
    """`pairs` by falling length of their prefix, which ends at a folder's border: /music is no prefix of /musical."""
    for there, here in pairs:
        if path == there or path.startswith(f"{there}/"):
            return here + path[len(there) :]
    return path
