"""TCP ports for the processes that benches and tests start."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

#: Below what kernels choose for outgoing connections (Linux: from 32,768), and above the well-known services.
PORTS: Final = range(12_000, 32_000)
#: Locked files, one a port, kept until this process ends: a port is given once, however many programs ask.
_held: Final[list[int]] = []


def free_port() -> int:
    """Returns a TCP port that nothing listens on and that no other caller on this machine is given meanwhile.

    A port that the kernel chooses (`bind` to 0) may be chosen again for an outgoing connection, before the process that
    it is meant for listens. Raises `RuntimeError` if none is free.
    """
    folder = Path(tempfile.gettempdir()) / f"sonicmesh-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for port in random.sample(PORTS, k=1000):
        if _lock(folder / str(port)) and _nothing_listens(port):
            return port
    raise RuntimeError(f"no TCP port from {PORTS.start} to {PORTS.stop - 1} is free")


def _lock(file: Path) -> bool:
    descriptor = os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    with suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _held.append(descriptor)
        return True
    os.close(descriptor)
    return False


def _nothing_listens(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
        return True
