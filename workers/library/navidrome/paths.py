"""Where Navidrome's files are on this host. Paths are kept byte for byte: no Unicode normalisation."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from workers.library.navidrome.records import Library


def shown(path: str) -> str:
    """A path as it can be printed and sent: bytes that are not UTF-8 are replaced."""
    return path if _is_text(path) else as_bytes(path).decode("utf-8", "replace")


def as_bytes(path: str) -> bytes:
    """The name that the file system knows."""
    return path.encode("utf-8", "surrogateescape")


def portable(path: str) -> str | bytes:
    """A path for the wire and for `state.db`: text, or its bytes where they are not UTF-8."""
    return path if _is_text(path) else as_bytes(path)


def restored(value: str | bytes) -> str:
    """The path that `portable` was given."""
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
