"""Explains why Navidrome's database cannot be read now, and what to do about it."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path
from typing import Final

#: What to do about operating system errors.
ADVICE: Final = {
    errno.EACCES: "run the mesh as Navidrome's user, or let its user read the folder and the file",
    errno.EPERM: "run the mesh as Navidrome's user, or let its user read the folder and the file",
    errno.ENAMETOOLONG: "NAVIDROME_DB_PATH is too long to be a path",
    errno.ELOOP: "a link in NAVIDROME_DB_PATH leads back to itself",
    errno.ESTALE: "its share was re-exported: mount it again",
    errno.EIO: "its disk or share does not respond properly: check it",
    errno.ENOSPC: "it has to be copied to be read, and the temporary folder (TMPDIR) is full",
    errno.EMFILE: "this process has too many files open",
}


def absent(path: Path) -> str:
    """Explain that there is no file."""
    return f"there is no database {_shown(path)}; NAVIDROME_DB_PATH names it"


def locked(path: Path) -> str:
    """Explain that another program locks readers out."""
    return f"{path} is locked by another process; trying again"


def of_system(path: Path, error: OSError) -> str:
    """Explain an operating system error."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return absent(path)
    if isinstance(error, TimeoutError) and error.errno is None:
        return locked(path)
    said = os.strerror(error.errno) if error.errno else str(error)
    advice = ADVICE.get(error.errno or 0, "NAVIDROME_DB_PATH names it")
    return f"{_shown(path)} cannot be opened ({said}): {advice}"


def of_sqlite(path: Path, error: sqlite3.Error) -> str:
    """Explain an error of SQLite."""
    text = str(error)
    if "locked" in text or "busy" in text:
        return locked(path)
    if "unable to open" in text or "readonly" in text:
        return f"{path} cannot be opened yet ({text}): this user must be able to read it and its -wal and -shm files"
    if "not a database" in text or "malformed" in text:
        return f"{path} is no readable database of Navidrome: {text}"
    return f"{path} cannot be read: {text}"


def _shown(path: Path) -> str:
    """Return the path with undecodable bytes replaced, shortened if it is far too long."""
    text = os.fsencode(path).decode("utf-8", "replace").replace("\0", "\\0")
    return text if len(text) <= 300 else f"{text[:200]}... ({len(text)} characters)"
