"""The key that encrypts sessions: a file in the data folder, created by the first gateway that needs it."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from contract.errors import MeshError
from contract.private import KEYS, OTHERS, private_folder

log = logging.getLogger(__name__)

#: Bytes of a key of AES-256.
KEY_BYTES: Final = 32
NAME: Final = KEYS


def session_key(data: Path) -> tuple[bytes, str]:
    """Return the key of the data folder, and why it will not outlive this process ("" if it will).

    A file that others could read, or that is no key, is replaced: every session ends then.
    """
    path = data / NAME
    try:
        private_folder(data)
        with _alone(data):
            return _read(path) or _make(path), ""
    except (OSError, MeshError) as error:
        log.warning("sessions of the console end with this process: %s cannot be kept: %s", path, error)
        return os.urandom(KEY_BYTES), f"{path.name} cannot be kept: {error}"


@contextlib.contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Keep other gateways out meanwhile, or one of them replaces a key that another has just made."""
    descriptor = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(path: Path) -> bytes | None:
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            exposed = os.fstat(file.fileno()).st_mode & OTHERS
            key = file.read(KEY_BYTES + 1)
    except FileNotFoundError:
        return None
    if len(key) == KEY_BYTES and not exposed:
        return key
    log.warning("%s is replaced, and all sessions end: %s", path, "others can read it" if exposed else "it is no key")
    return None


def _make(path: Path) -> bytes:
    """Write a new key under its name in one step."""
    key = os.urandom(KEY_BYTES)
    descriptor, part = tempfile.mkstemp(prefix=f"{NAME}.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
    finally:
        Path(part).unlink(missing_ok=True)
    return key
