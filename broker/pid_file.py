"""Files in `PID_DIR` that hold the processes' ids, for scripts and monitors that look for them there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SUFFIX: Final = ".pid"


def write_pid(folder: Path, name: str) -> Path:
    """Write this process's id to `folder/NAME.pid`; return the file. A folder that cannot be written is no error."""
    path = folder / f"{name}{SUFFIX}"
    with contextlib.suppress(OSError):
        path.write_text(f"{os.getpid()}\n", encoding="ascii")
    return path


@contextlib.contextmanager
def pid_file(folder: Path, name: str) -> Iterator[None]:
    """Keep `folder/NAME.pid` until the block ends. A killed process leaves it; its successor overwrites it."""
    path = write_pid(folder, name)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if path.read_text(encoding="ascii").strip() == str(os.getpid()):
                path.unlink()
