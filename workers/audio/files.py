"""Checks of an audio file before any decoder opens it."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from typing import Final

from contract.errors import DecodeFailed, EmptyAudio, FileMissing, FileUnreadable

Path = str | os.PathLike[str]

#: What a decoder says if it does not know a file's format.
UNKNOWN_FORMAT: Final = "unknown format"


def display(path: Path) -> str:
    """Return the path as printable UTF-8 text, whatever bytes it contains."""
    return os.fsencode(path).decode("utf-8", "replace")


def refused(path: Path, refusals: Sequence[str]) -> DecodeFailed:
    """Return the error for a file that every decoder refused; `refusals` holds their messages."""
    if all(refusal.endswith(UNKNOWN_FORMAT) for refusal in refusals):
        return DecodeFailed(
            f"no decoder knows the format of {display(path)}: it is not audio, or its beginning is damaged"
        )
    return DecodeFailed(f"no decoder can read {display(path)} ({'; '.join(refusals)})")


def check_file(path: Path) -> str:
    """Return the absolute path of a regular, readable file that is not empty; names are taken byte for byte.

    Anything else would block (a FIFO), or a decoder would notice it too late. Raises `FileMissing`,
    `FileUnreadable`, `EmptyAudio`, `DecodeFailed`.
    """
    absolute = os.path.abspath(os.fspath(path))  # noqa: PTH100  pathlib would follow links and resolve ".."
    try:
        status = os.stat(absolute)  # noqa: PTH116  names may hold bytes that are not text
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise FileMissing(f"no such file: {display(path)}; is the path map right, and the disk mounted?") from None
    except OSError as error:
        raise FileUnreadable(f"cannot access {display(path)}: {error.strerror}") from None
    if not stat.S_ISREG(status.st_mode):
        raise DecodeFailed(f"not an audio file but a folder, a pipe or a device: {display(path)}")
    _open_once(absolute)
    if status.st_size == 0:
        raise EmptyAudio(f"the file is empty: {display(path)}")
    return absolute


def _open_once(path: str) -> None:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    except FileNotFoundError:
        raise FileMissing(f"the file has just vanished: {display(path)}") from None
    except OSError as error:
        raise FileUnreadable(f"cannot open {display(path)}: {error.strerror}; check its permissions") from None
