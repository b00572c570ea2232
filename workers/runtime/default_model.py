"""The model that an installation means which names none (`SONICMESH_MODELS` is not set).

A fresh one hears with `fusion` where the weights of musicnn are there, else with `spectral`. One that has heard with
`spectral` so far is brought over in the background: both are enabled, and `spectral` stays the one that is meant until
every track is through with `fusion`. Which one is meant stands in a file of the data folder; the library worker writes
it, everybody reads it.
"""

from __future__ import annotations

import os
from pathlib import Path

from contract.private import private_folder
from workers.models.registry import DEFAULT, FALLBACK

#: The file in the data folder, and what tells that the folder has been used: jobs and tracks, vectors.
FILE, TRACES = "default-model", ("state.db", "milvus.db")
#: Beside it: that somebody whose `.env` names its models was told of the default.
TOLD = "default-model-told"


def meant(data: Path) -> str:
    """`fusion` or `spectral`; "" where nothing is settled: a fresh installation, or one of an older release."""
    try:
        found = (data / FILE).read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return found if found in {DEFAULT, FALLBACK} else ""


def settle(data: Path, model: str) -> None:
    """Write down which one is meant, whole or not at all. Raises `OSError`."""
    private_folder(data)
    partial = data / f"{FILE}.{os.getpid()}"
    try:
        partial.write_text(f"{model}\n")
        partial.replace(data / FILE)
    finally:
        partial.unlink(missing_ok=True)


def unnamed(data: Path, weights: bool) -> tuple[str, ...]:
    """The models that are enabled where none is named, best first; `weights`: whether those of musicnn are there."""
    now = meant(data)
    if now == DEFAULT:
        return (DEFAULT,)
    if not weights:
        return (FALLBACK,)
    return (DEFAULT, FALLBACK) if now == FALLBACK or _used(data) else (DEFAULT,)


def settle_fresh(data: Path, weights: bool) -> None:
    """Where the data folder has never been used, what is enabled now is what is meant from now on. Raises `OSError`."""
    if not meant(data) and not _used(data):
        settle(data, unnamed(data, weights)[0])


def _used(data: Path) -> bool:
    return any((data / name).exists() for name in TRACES)


def tell_once(data: Path, named: tuple[str, ...]) -> bool:
    """Whether somebody who names models without the default is to be told of it now; asked again, it is False."""
    if not named or DEFAULT in named or not data.is_dir() or (data / TOLD).exists():
        return False
    (data / TOLD).touch()
    return True
