"""What can be said of an audio file before any decoder sees it."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from typing import Final

from contract.errors import DecodeFailed, EmptyAudio, FileMissing, FileUnreadable

Path = str | os.PathLike[str]

#: What a decoder says of a file that is none of its formats.
UNKNOWN_FORMAT: Final = "unknown format"


def display(path: Path) -> str:
    """The path as it can be printed and put on the wire, whatever bytes are in it."""
    return os.fsencode(path).decode("utf-8", "replace")


def refused(path: Path, refusals: Sequence[str]) -> DecodeFailed:
    """The error of a file that every decoder refused; `refusals`: what each of them says."""
    if all(refusal.endswith(UNKNOWN_FORMAT) for refusal in refusals):
        return DecodeFailed(f"no decoder knows the format of {display(path)}: it is no audio, or its start is damaged")
    return DecodeFailed(f"no decoder can read {display(path)} ({'; '.join(refusals)})")


def check_file(path: Path) -> str:
    """The absolute path of a regular, readable file that is not empty; names are taken byte for byte.

    Anything else would block (a FIFO) or be told apart too late by a decoder. Raises `FileMissing`,
    `FileUnreadable`, `EmptyAudio`, `DecodeFailed`.
    """
    absolute = os.path.abspath(os.fspath(path))  # noqa: PTH100  pathlib would follow links and change ".."
    try:
        status = os.stat(absolute)  # noqa: PTH116  the names may hold bytes that are no text
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise FileMissing(f"no such file: {display(path)}; is the path map right, is the disk mounted?") from None
    except OSError as error:
        raise FileUnreadable(f"cannot look at {display(path)}: {error.strerror}") from None
    if not stat.S_ISREG(status.st_mode):
        raise DecodeFailed(f"not an audio file but a folder, a pipe or a device: {display(path)}")
    _open_once(absolute)
    if status.st_size == 0:
        raise EmptyAudio(f"the file has no bytes: {display(path)}")
    return absolute


def _open_once(path: str) -> None:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    except FileNotFoundError:
        raise FileMissing(f"the file has just vanished: {display(path)}") from None
    except OSError as error:
        raise FileUnreadable(f"cannot open {display(path)}: {error.strerror}; check its permissions") from None
