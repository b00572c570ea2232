"""The default model of an installation that names none (`SONICMESH_MODELS` is not set).

A fresh installation embeds with `fusion` if musicnn's weights are there, else with `spectral`. One that has used
`spectral` so far switches in the background: both models are enabled, and `spectral` stays the default until `fusion`
has processed every track. A file in the data folder names the default; the library worker writes it, all processes
read it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from contract.private import private_folder
from workers.models.registry import DEFAULT, FALLBACK

#: The file in the data folder, and the files that show that the folder has been used: jobs and tracks, vectors.
FILE, TRACES = "default-model", ("state.db", "milvus.db")
#: Marker file: an operator whose `.env` names models has been told about the default.
TOLD: Final = "default-model-told"


def meant(data: Path) -> str:
    """Returns `fusion` or `spectral`, or "" if nothing is settled: a fresh installation or one of an older release."""
    try:
        model = (data / FILE).read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return model if model in {DEFAULT, FALLBACK} else ""


def settle(data: Path, model: str) -> None:
    """Write the default model to its file, atomically. Raises `OSError`."""
    private_folder(data)
    partial = data / f"{FILE}.{os.getpid()}"
    try:
        partial.write_text(f"{model}\n")
        partial.replace(data / FILE)
    finally:
        partial.unlink(missing_ok=True)


def unnamed(data: Path, weights: bool) -> tuple[str, ...]:
    """Returns the models enabled if none is named, best first; `weights`: whether musicnn's weights are there."""
    now = meant(data)
    if now == DEFAULT:
        return (DEFAULT,)
    if not weights:
        return (FALLBACK,)
    return (DEFAULT, FALLBACK) if now == FALLBACK or _used(data) else (DEFAULT,)


def settle_fresh(data: Path, weights: bool) -> None:
    """In a data folder that has never been used, settle on the best model enabled now. Raises `OSError`."""
    if not meant(data) and not _used(data):
        settle(data, unnamed(data, weights)[0])


def _used(data: Path) -> bool:
    return any((data / name).exists() for name in TRACES)


def tell_once(data: Path, named: tuple[str, ...]) -> bool:
    """Returns True once if the operator names models without the default and should hear of it; afterwards False."""
    if not named or DEFAULT in named or not data.is_dir() or (data / TOLD).exists():
        return False
    (data / TOLD).touch()
    return True
