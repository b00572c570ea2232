"""Files and folders that only this user may access: they hold what people listen to, tokens, logs and sockets."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from contract.errors import Forbidden

#: Denies others all access to the files that a process creates.
UMASK: Final = 0o077
FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
#: Begins the names of files with keys in the data folder. A folder that holds nothing else still counts as empty.
KEYS: Final = "session.key"
#: Permission bits of everyone but the owner.
OTHERS: Final = 0o077


def private_files() -> None:
    """Makes all files that this process and its children create private, whatever the umask was."""
    os.umask(UMASK)


def private_folder(folder: Path, *, close: bool = False) -> Path:
    """Makes the folder and its parents private to this user. An existing folder keeps its permissions unless `close`.

    Raises `OSError`, and `Forbidden` as `check_owner` does.
    """
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    check_owner(folder)
    if close and stat.S_IMODE(folder.stat().st_mode) != FOLDER_MODE:
        folder.chmod(FOLDER_MODE)
    return folder


def check_owner(folder: Path) -> None:
    """Raises `Forbidden` if another user made `folder` or one of its parents in a place open to all, such as /tmp.

    The owner of a link counts, not the owner of its target.
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
                f"{place} belongs to another user (uid {owner}), who could read and replace files "
                "in it: remove it, or choose another place"
            )


def new_file(path: Path) -> BinaryIO:
    """Opens an empty file for writing, private to this user whatever the umask."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE), "wb")


def open_to_others(places: list[Path]) -> Iterator[Path]:
    """Yields files and folders among and below `places` that others may read, write or search; does not follow links.

    A folder that others cannot enter protects everything below it.
    """
    for place in places:
        try:
            status = place.lstat()
        except OSError:
            continue
        if stat.S_ISLNK(status.st_mode):
            continue
        is_open = bool(status.st_mode & OTHERS)
        if is_open:
            yield place
        if stat.S_ISDIR(status.st_mode) and is_open:
            try:
                below = sorted(place.iterdir())
            except OSError:
                continue
            yield from open_to_others(below)
