"""Find a model's files in a folder among the checkpoints or in the hub's cache; downloads nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from contract.errors import ModelUnavailable

#: Files of weights, in order of preference.
WEIGHT_FILES: Final = ("model.safetensors", "pytorch_model.bin")
#: Pieces of a file to fingerprint, and their size in bytes: 4 MiB of any file, read in milliseconds.
FINGERPRINT_PIECES: Final = 64
FINGERPRINT_BYTES: Final = 64 * 1024
#: Hexadecimal digits in a fingerprint.
FINGERPRINT_DIGITS: Final = 12
#: Repositories that have moved, by the name that configurations still use.
MOVED: Final = {"xlm-roberta-base": "FacebookAI/xlm-roberta-base"}


def find(repository: str, checkpoints: Path, needed: str) -> Path | None:
    """Return the folder of a hub repository that holds the file `needed`, or None.

    Looks in `checkpoints/name`, `checkpoints/owner/name` and the hub's cache.
    """
    name = repository.rpartition("/")[2]
    for folder in (checkpoints / name, checkpoints / repository):
        if (folder / needed).is_file():
            return folder
    for candidate in (repository, MOVED.get(repository)):
        cached = _in_cache(candidate, needed) if candidate else None
        if cached is not None:
            return cached
    return None


def require(repository: str, checkpoints: Path, needed: str, model: str) -> Path:
    """Do the same as `find`, but raise `ModelUnavailable`, which says what to do, instead of returning None."""
    folder = find(repository, checkpoints, needed)
    if folder is None:
        name = repository.rpartition("/")[2]
        raise ModelUnavailable(
            f"model {model!r} lacks {needed} of {repository}: `sonicmesh models download {model}` fetches it, or copy "
            f"the repository's folder to {checkpoints / name}"
        )
    return folder


def weight_file(folder: Path, repository: str, model: str) -> Path:
    """Return the file of weights in a model's folder. Raises `ModelUnavailable` if there is none."""
    for name in WEIGHT_FILES:
        if (folder / name).is_file():
            return folder / name
    raise ModelUnavailable(
        f"model {model!r} has no weights: {folder} holds neither {' nor '.join(WEIGHT_FILES)}; `sonicmesh models "
        f"download {model}` fetches them from {repository}"
    )


def fingerprint(files: Iterable[Path]) -> str:
    """Return a digest that identifies a checkpoint: sizes and evenly spread pieces of the files, in the given order."""
    digest = hashlib.sha256()
    for file in files:
        status = file.stat()
        digest.update(_file_digest(file, status.st_size, status.st_mtime_ns))
    return digest.hexdigest()[:FINGERPRINT_DIGITS]


@cache
def _file_digest(file: Path, size: int, _changed: int) -> bytes:
    digest = hashlib.sha256(size.to_bytes(8, "little"))
    with file.open("rb") as handle:
        for piece in range(FINGERPRINT_PIECES):
            handle.seek(max(size - FINGERPRINT_BYTES, 0) * piece // max(FINGERPRINT_PIECES - 1, 1))
            digest.update(handle.read(FINGERPRINT_BYTES))
    return digest.digest()


def _in_cache(repository: str, needed: str) -> Path | None:
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None
    path = try_to_load_from_cache(repository, needed)
    return Path(path).parent if isinstance(path, str) else None
