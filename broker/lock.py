"""One broker per endpoint: a lock that ends with its process, unlike a socket's file."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from contract.errors import Conflict


def take_lock(path: Path) -> IO[bytes]:
    """Lock the file for as long as it is open. Raises `Conflict` if another broker holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("ab")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise Conflict(f"a broker is already running here (it holds {path})") from None
    return handle


def lock_path(endpoint: str, run_dir: Path) -> Path:
    """Returns the lock's path: beside the socket of an ipc endpoint, else in the run folder."""
    if endpoint.startswith("ipc://"):
        return Path(endpoint.removeprefix("ipc://") + ".lock")
    return run_dir / "broker.lock"
