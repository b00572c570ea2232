"""The one-time code with which somebody who is not on this machine may set the mesh up.

`sonicmesh run` and `sonicmesh serve` make it, in a file of the data folder, and print it. It counts until the mesh is
set up; a session that began with it ends an hour later.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import time
from pathlib import Path
from typing import Final

from contract.private import FILE_MODE, OTHERS, private_folder

NAME: Final = "setup-code"
#: Letters and digits that nobody mistakes for others; 32 of them, five bits each.
LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
#: Groups of letters, and letters in each: 60 bits.
GROUPS: Final = 3
LENGTH: Final = 4
#: Seconds for which the file counts after the mesh was set up.
AFTERWARDS: Final = 3600.0


def make_code(data: Path) -> str:
    """Return the code, made now if there is none. Raises `OSError`, `Forbidden`."""
    if code := read_code(data):
        return code
    groups = ("".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in range(GROUPS))
    code = "-".join(groups)
    private_folder(data)
    part = data / f"{NAME}.{os.getpid()}"
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE), "w") as file:
        file.write(f"{code}\n")
    part.replace(data / NAME)
    return code


def read_code(data: Path) -> str:
    """Return the code; "" if there is none, or if others could read it."""
    try:
        with os.fdopen(os.open(data / NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "r") as file:
            exposed = os.fstat(file.fileno()).st_mode & OTHERS
            code = file.read(100).strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return "" if exposed else code


def is_code(given: str, code: str) -> bool:
    """Return whether `given` is the code, in constant time; case, spaces and dashes do not count."""
    return bool(code) and hmac.compare_digest(_plain(given).encode(errors="replace"), _plain(code).encode())


def code_of_sessions(data: Path, *, set_up: bool) -> str:
    """Return the code whose sessions count now; "" if none does."""
    if set_up and _age(data) > AFTERWARDS:
        return ""
    return read_code(data)


def begin_the_end(data: Path) -> None:
    """The mesh is set up: sessions that began with the code end in an hour."""
    with contextlib.suppress(OSError):
        os.utime(data / NAME)


def forget_code(data: Path) -> None:
    """Delete the code, if there is one."""
    with contextlib.suppress(OSError):
        (data / NAME).unlink()


def _age(data: Path) -> float:
    try:
        return time.time() - (data / NAME).stat().st_mtime
    except OSError:
        return AFTERWARDS + 1


def _plain(code: str) -> str:
    return "".join(character for character in code.upper() if character.isalnum())
