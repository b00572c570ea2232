"""One broker an endpoint: a lock that dies with its process, unlike a socket's file."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from broker.errors import Conflict
from broker.settings import MeshSettings


def take_lock(settings: MeshSettings) -> IO[bytes]:
    """Hold the file as long as the broker runs. Raises `Conflict` where another broker holds it."""
    path = lock_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("ab")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise Conflict(f"a broker already runs on {settings.broker_endpoint} (it holds {path})") from None
    return handle


def lock_path(settings: MeshSettings) -> Path:
    """Beside the socket of an ipc endpoint, else in the run folder."""
    endpoint = settings.broker_endpoint
    if endpoint.startswith("ipc://"):
        return Path(endpoint.removeprefix("ipc://") + ".lock")
    return settings.run_dir / "broker.lock"
