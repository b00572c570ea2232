"""Runs systemctl where systemd is running."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

from contract.errors import Internal

#: Exists while systemd is the first process.
RUNNING: Final = Path("/run/systemd/system")


def available(*, user: bool) -> bool:
    """Return whether systemd runs and can be asked."""
    if not RUNNING.is_dir():
        return False
    return not user or Path(os.environ.get("XDG_RUNTIME_DIR", ""), "systemd").is_dir()


def systemctl(*arguments: str, user: bool) -> None:
    """Run systemctl. Raises `Internal` with what it says."""
    command = ["systemctl", *(["--user"] if user else []), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Internal(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
