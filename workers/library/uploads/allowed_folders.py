"""Decides which files may be uploaded: those below allowed folders, after resolving links."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from contract.errors import FileUnreadable, Forbidden, InvalidRequest, TooLarge
from workers.audio.files import check_file, display

#: Longest path, in bytes.
MAX_PATH: Final = 4096


class AllowedFolders:
    """`roots` returns the allowed folders; `translate` turns Navidrome's path of a file into the path here."""

    def __init__(self, roots: Callable[[], Iterable[str]], translate: Callable[[str], str]) -> None:
        self._roots = roots
        self._translate = translate

    def find(self, path: str, field: str, most: int) -> str:
        """Return the real path of a readable regular file of at most `most` bytes.

        Raises `InvalidRequest`, `Forbidden` if the file is not below an allowed folder, `TooLarge`, and what
        `check_file` raises. The errors reveal nothing about files elsewhere, not even whether they exist.
        """
        if "\0" in path or not path.startswith("/") or len(os.fsencode(path)) > MAX_PATH:
            raise InvalidRequest(f"{field}: expected the absolute path of a file", {"field": field})
        roots = [os.path.realpath(root) for root in self._roots()]
        allowed = [real for real in self._candidates(path) if is_below(real, roots)]
        if not allowed:
            raise Forbidden(
                f"{field}: {display(path)} is not in a folder of uploads ({', '.join(roots)}); "
                "SONICMESH_UPLOAD_FOLDERS names them",
                {"field": field},
            )
        real = next((candidate for candidate in allowed if os.path.lexists(candidate)), allowed[0])
        checked = _check(real)
        size = os.stat(checked).st_size  # noqa: PTH116  names may hold undecodable bytes
        if size > most:
            raise TooLarge(f"{field}: {size} bytes exceed the limit of {most}", {"field": field})
        return checked

    def _candidates(self, path: str) -> Sequence[str]:
        """Return the path as given and as translated by the path map, with links and `..` resolved."""
        return [os.path.realpath(candidate) for candidate in dict.fromkeys((path, self._translate(path)))]


def is_below(path: str, roots: Iterable[str]) -> bool:
    """Return whether a real path lies in one of these real folders, at any depth."""
    return any(path.startswith(f"{root.rstrip('/')}/") for root in roots)


def _check(path: str) -> str:
    try:
        return check_file(path)
    except FileUnreadable as error:
        raise FileUnreadable(
            f"{error.message}. Navidrome keeps uploads for its own user alone (0600): run Sonic "
            f"Mesh as that user, not as uid {os.getuid()}"
        ) from None
