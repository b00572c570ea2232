"""The interpreters of the servers that the HTTP benches compare with: installed once, beside ours."""

from __future__ import annotations

import shutil
import subprocess
import venv
from pathlib import Path
from typing import Final

from bench.http_servers import REPOSITORY, CannotStart

PINS: Final = REPOSITORY / "bench" / "http_peers"


def environment(name: str) -> Path:
    """Returns the interpreter with the packages of `http_peers/NAME.txt`, in `.venv-NAME`. Raises `CannotStart`."""
    folder, pins = REPOSITORY / f".venv-{name}", (PINS / f"{name}.txt").read_text()
    python, mark = folder / "bin" / "python", folder / ".installed"
    if mark.exists() and mark.read_text() == pins:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    pinned = [line for line in pins.splitlines() if line and not line.startswith("#")]
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
    try:
        for packages in (pinned[:1], pinned):  # torch first and alone: LitServe would pick its own build
            subprocess.run([*pip, *packages], check=True)
    except subprocess.CalledProcessError as error:
        raise CannotStart(f"the packages of {PINS / name}.txt cannot be installed: {error}") from None
    mark.write_text(pins)
    return python
