"""The recommender fork uploads to one fixed path, so only one mesh per machine can listen there."""

from __future__ import annotations

import fcntl
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

SOCKET = Path("/tmp/navidrome_embed.sock")
LOCK = Path(tempfile.gettempdir()) / "navidrome_embed.sock.tests"
#: Seconds that a foreign mesh may take to leave.
WAIT_S = 120.0


@contextmanager
def fixed_socket() -> Iterator[Path]:
    """Holds the path meanwhile; skips the test if another mesh keeps it."""
    deadline = time.monotonic() + WAIT_S
    with LOCK.open("a") as lock:
        LOCK.chmod(0o666)
        while not (_locked(lock) and not _taken()):
            if time.monotonic() > deadline:
                pytest.skip(f"another mesh listens at {SOCKET}, the only place where the fork looks")
            time.sleep(0.2)
        yield SOCKET


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _taken() -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(SOCKET))
        except OSError:
            return False
    return True
