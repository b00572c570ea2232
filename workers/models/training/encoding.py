"""Find and load the text encoder for training, and encode texts with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from broker.vectors import Vectors
from contract.errors import ModelUnavailable
from workers.models.neural.source import WEIGHT_FILES, find
from workers.models.neural.weights import read_tensors
from workers.models.text.encoder import TextEncoder, load_encoder

#: Texts to encode at once.
BATCH: Final = 32
#: Files to fetch from a hub repository besides one file of weights: configuration and tokenizer.
FETCHED: Final = ("config.json", "tokenizer*", "vocab*", "merges.txt", "special_tokens_map.json", "*.model")

Told = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class EncoderSource:
    """The files of an encoder. `name` identifies it in the checkpoint; `folder` holds configuration and tokenizer."""

    name: str
    folder: Path
    weights: Path


def find_source(name: str, checkpoints: Path) -> EncoderSource:
    """Find the encoder `name`. Raises `ModelUnavailable`.

    Looks for a folder of that name, then below `checkpoints`, in the hub's cache and on the hub (unless
    HF_HUB_OFFLINE).
    """
    given = Path(name).expanduser()
    if given.is_dir():
        return _in_folder(_name_of(given), given.resolve(), name)
    for file in WEIGHT_FILES:
        folder = find(name, checkpoints, file)
        if folder is not None and (folder / "config.json").is_file():
            return EncoderSource(name, folder, folder / file)
    return _in_folder(name, _fetch(name, checkpoints), name)


def load(source: EncoderSource, checkpoints: Path, device: str) -> TextEncoder:
    """Load an encoder. Raises `ModelUnavailable` if the folder holds none that transformers knows."""
    return load_encoder(str(source.folder), checkpoints, read_tensors(source.weights), source.weights, device)


def encode(encoder: TextEncoder, texts: Sequence[str], told: Told) -> Vectors:
    """Return float32 [n, width] of unit length; texts of similar length share batches."""
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    vectors = np.empty((len(texts), encoder.width), np.float32)
    with torch.inference_mode():
        for first in range(0, len(texts), BATCH):
            told("words", first, len(texts))
            rows = order[first : first + BATCH]
            vectors[rows] = encoder.mean_of_tokens([texts[row] for row in rows]).float().cpu().numpy()
    told("words", len(texts), len(texts))
    return vectors


def _in_folder(name: str, folder: Path, requested: str) -> EncoderSource:
    weights = next((folder / file for file in WEIGHT_FILES if (folder / file).is_file()), None)
    if weights is None or not (folder / "config.json").is_file():
        raise ModelUnavailable(
            f"{requested} is not a text encoder: expected config.json, a tokenizer and {' or '.join(WEIGHT_FILES)}"
        )
    return EncoderSource(name, folder, weights)


def _name_of(folder: Path) -> str:
    """Return a unique name for the encoder, because many folders are called `model`."""
    digest = hashlib.sha256()
    for file in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        if (folder / file).is_file():
            digest.update((folder / file).read_bytes())
    return f"{folder.resolve().name}-{digest.hexdigest()[:8]}"


def _fetch(name: str, checkpoints: Path) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=[*FETCHED, WEIGHT_FILES[0]]))
    except (OSError, ValueError) as error:  # huggingface_hub's errors are among these
        raise ModelUnavailable(
            f"the text encoder {name!r} is neither below {checkpoints} nor in the hub's cache and cannot be fetched "
            f"({str(error).splitlines()[0]}): copy its folder to {checkpoints / name.rpartition('/')[2]}, or name a "
            "folder with --encoder"
        ) from error
