"""Keep a small file of living filters, made once from the installed or a downloaded wheel.

Never imports the wheel's code, or TensorFlow, which the wheel requires.
"""

from __future__ import annotations

import contextlib
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from contract.errors import ModelUnavailable
from workers.models.musicnn.checkpoint import PUBLISHED, read
from workers.models.musicnn.locations import (
    DATA,
    FOLDERS,
    INDEX,
    LICENSE_FILE,
    MODEL,
    REQUIREMENT,
    check,
    installed,
    living_file,
)
from workers.models.musicnn.notice import NOTICE
from workers.models.musicnn.pruned import PrunedTagger, pruned, restored

Weights = Mapping[str, PrunedTagger]


def load(checkpoints: Path) -> Weights:
    """Load the living filters by tagger; saves those of the installed wheel for the next time.

    Raises `ModelUnavailable` if there are none, or only damaged ones.
    """
    check(checkpoints)
    file, package = living_file(checkpoints), installed()
    if file.is_file():
        try:
            return _read(file)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            if package is None:
                raise ModelUnavailable(
                    f"{file} is damaged ({error}): delete it and run `sonicmesh models download musicnn`"
                ) from error
    weights = from_folder(package or Path())
    with contextlib.suppress(OSError):  # a read-only folder costs a tenth of a second each time
        save(weights, checkpoints)
    return weights


def from_folder(folder: Path) -> Weights:
    """Read the living filters from an unpacked wheel. Raises `ModelUnavailable`."""
    return {tagger: pruned(read(folder / name, tagger)) for tagger, name in FOLDERS.items()}


def from_wheel(wheel: Path) -> Weights:
    """Read the living filters from a wheel. Raises `ModelUnavailable`."""
    members = [f"{MODEL}/{folder}/{file}" for folder in FOLDERS.values() for file in (INDEX, DATA)]
    with TemporaryDirectory(prefix="sm-musicnn") as place:
        try:
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(place, members)
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise ModelUnavailable(f"{wheel} is not the wheel of {REQUIREMENT}: {error}") from error
        return from_folder(Path(place) / MODEL)


def save(weights: Weights, checkpoints: Path) -> Path:
    """Write the living filters with their licence beside them. Raises `OSError`."""
    file = living_file(checkpoints)
    file.parent.mkdir(parents=True, exist_ok=True)
    (file.parent / LICENSE_FILE).write_text(NOTICE)
    arrays = {
        f"{tagger}.{name}": array for tagger, living in weights.items() for name, array in living.arrays().items()
    }
    published = {f"{tagger}.sha256": np.array(sha256) for tagger, sha256 in PUBLISHED.items()}
    partial = file.with_suffix(f".{os.getpid()}")
    try:
        with partial.open("wb") as handle:
            np.savez(handle, allow_pickle=False, **arrays, **published)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    return file


def _read(file: Path) -> Weights:
    with np.load(file, allow_pickle=False) as data:
        for tagger, sha256 in PUBLISHED.items():
            if str(data[f"{tagger}.sha256"]) != sha256:
                raise ValueError("it is of other weights")
        return {
            tagger: restored(
                {name.partition(".")[2]: data[name] for name in data.files if name.startswith(f"{tagger}.")}
            )
            for tagger in FOLDERS
        }
