"""Finds Navidrome's files on this host. Paths are kept byte for byte, without Unicode normalisation."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from workers.library.navidrome.records import MusicFolder


def shown(path: str) -> str:
    """Return a path that can be printed and sent, with bytes that are not UTF-8 replaced."""
    return path if _is_text(path) else as_bytes(path).decode("utf-8", "replace")


def as_bytes(path: str) -> bytes:
    """Return the path in the bytes that the file system uses."""
    return path.encode("utf-8", "surrogateescape")


def portable(path: str) -> str | bytes:
    """Return a path for the wire and for `state.db`: text, or bytes if it is not UTF-8."""
    return path if _is_text(path) else as_bytes(path)


def restored(value: str | bytes) -> str:
    """Reverse `portable`."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def _is_text(path: str) -> bool:
    if path.isascii():
        return True
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


class PathMap:
    """Maps Navidrome's folders to folders on this host by prefix; the longest prefix wins.

    `music_root` replaces the folder of the first library (the lowest id, Navidrome's own music folder), including
    libraries below it. Other libraries need an entry in `pairs`, which takes precedence over `music_root`.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = (), music_root: Path | None = None) -> None:
        self._pairs = [(_plain(there), _plain(here)) for there, here in pairs]
        self._music_root = music_root

    def of(self, libraries: Sequence[MusicFolder]) -> Paths:
        """Return the paths for the files of these libraries."""
        pairs = list(self._pairs)
        if self._music_root is not None and libraries:
            first = min(libraries, key=lambda library: library.id)
            pairs.append((_plain(first.path), _plain(str(self._music_root))))
        pairs.sort(key=lambda pair: len(pair[0]), reverse=True)  # stable: among equal prefixes, the configured one wins
        return Paths({library.id: _translate(_plain(library.path), pairs) for library in libraries}, pairs)


class Paths:
    """Absolute paths on this host for tracks given as library and relative path."""

    def __init__(self, roots: dict[int, str], pairs: Sequence[tuple[str, str]]) -> None:
        self._roots = roots
        self._pairs = pairs

    def local(self, library_id: int, path: str) -> str:
        """Return the absolute path here. The absolute path of an old row is translated by its own prefix."""
        if path.startswith("/"):
            return _translate(path, self._pairs)
        return os.path.join(self._roots.get(library_id, "/"), path)  # noqa: PTH118  Path would tidy odd names

    def relative(self, path: str) -> list[tuple[int, str]]:
        """Return each library and relative path that an absolute path, here or in Navidrome's view, may mean."""
        places = []
        for candidate in dict.fromkeys((path, _translate(path, self._pairs))):
            for library_id, root in self._roots.items():
                if candidate.startswith(f"{root}/"):
                    places.append((library_id, candidate[len(root) + 1 :]))
        return places


def _plain(folder: str) -> str:
    return folder.rstrip("/")


def _translate(path: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Replace the first matching prefix of `pairs`, sorted longest first; /music does not match /musical."""
    for there, here in pairs:
        if path == there or path.startswith(f"{there}/"):
            return here + path[len(there) :]
    return path
