"""Files and folders for this user alone: they hold what people listen to, tokens, logs and sockets."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from contract.errors import Forbidden

#: What others get of the files that a process makes: nothing.
UMASK: Final = 0o077
FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
#: Permissions of anybody but the owner.
OTHERS: Final = 0o077


def private_files() -> None:
    """Whatever this process and its children make is for this user alone, whatever the umask was."""
    os.umask(UMASK)


def private_folder(folder: Path, *, close: bool = False) -> Path:
    """Make the folder, and those above it, for this user alone. One that is there keeps its permissions unless `close`.

    Raises `Forbidden` as `check_owner` does, `OSError`.
    """
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    check_owner(folder)
    if close and stat.S_IMODE(folder.stat().st_mode) != FOLDER_MODE:
        folder.chmod(FOLDER_MODE)
    return folder


def check_owner(folder: Path) -> None:
    """Raises `Forbidden` where `folder`, or one above it, lies where everybody may make folders, such as /tmp, and was
    made by somebody else. The owner of a link counts, not that of what it leads to.
    """
    user = os.geteuid()
    for place in (folder, *folder.parents):
        try:
            owner = place.lstat().st_uid
            anybody = place.parent.stat().st_mode & stat.S_IWOTH
        except FileNotFoundError:
            continue
        if anybody and owner != user and (owner != 0 or place == folder):
            raise Forbidden(
                f"{place} belongs to another user (uid {owner}), who could read and replace what is put into it: "
                "remove it, or choose another place"
            )


def new_file(path: Path) -> BinaryIO:
    """The file, empty and open for writing, for this user alone whatever the umask."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE), "wb")


def open_to_others(places: list[Path]) -> Iterator[Path]:
    """Files and folders among `places` and below that others may read, write or search; links are not followed.

    A folder that others cannot enter closes what is below it.
    """
    for place in places:
        try:
            found = place.lstat()
        except OSError:
            continue
        if stat.S_ISLNK(found.st_mode):
            continue
        is_open = bool(found.st_mode & OTHERS)
        if is_open:
            yield place
        if stat.S_ISDIR(found.st_mode) and is_open:
            try:
                below = sorted(place.iterdir())
            except OSError:
                continue
            yield from open_to_others(below)
