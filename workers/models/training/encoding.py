"""The text encoder that is learned with, and texts through it."""

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

#: Texts that go through the encoder at once.
BATCH: Final = 32
#: What is fetched of a repository on the hub: one file of weights, configuration and tokenizer.
FETCHED: Final = ("config.json", "tokenizer*", "vocab*", "merges.txt", "special_tokens_map.json", "*.model")

Told = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Source:
    """`name` is what the checkpoint calls the encoder; configuration, tokenizer and weights lie in `folder`."""

    name: str
    folder: Path
    weights: Path


def find_source(name: str, checkpoints: Path) -> Source:
    """The encoder `name`: a folder, one below `checkpoints`, the hub's cache, then the hub itself (unless
    HF_HUB_OFFLINE). Raises `ModelUnavailable`.
    """
    given = Path(name).expanduser()
    if given.is_dir():
        return _in_folder(_name_of(given), given.resolve(), name)
    for file in WEIGHT_FILES:
        folder = find(name, checkpoints, file)
        if folder is not None and (folder / "config.json").is_file():
            return Source(name, folder, folder / file)
    return _in_folder(name, _fetch(name, checkpoints), name)


def load(source: Source, checkpoints: Path, device: str) -> TextEncoder:
    """Raises `ModelUnavailable` where the folder holds no encoder that transformers knows."""
    return load_encoder(str(source.folder), checkpoints, read_tensors(source.weights), source.weights, device)


def encode(encoder: TextEncoder, texts: Sequence[str], told: Told) -> Vectors:
    """float32 [n, width], unit length; texts of similar length share batches."""
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    found = np.empty((len(texts), encoder.width), np.float32)
    with torch.inference_mode():
        for first in range(0, len(texts), BATCH):
            told("words", first, len(texts))
            rows = order[first : first + BATCH]
            found[rows] = encoder.mean_of_tokens([texts[row] for row in rows]).float().cpu().numpy()
    told("words", len(texts), len(texts))
    return found


def _in_folder(name: str, folder: Path, asked: str) -> Source:
    weights = next((folder / file for file in WEIGHT_FILES if (folder / file).is_file()), None)
    if weights is None or not (folder / "config.json").is_file():
        raise ModelUnavailable(
            f"{asked} holds no text encoder: config.json, a tokenizer and {' or '.join(WEIGHT_FILES)} are expected"
        )
    return Source(name, folder, weights)


def _name_of(folder: Path) -> str:
    """A name of its own for every encoder: folders are called `model` all too often."""
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
