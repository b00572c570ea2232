"""Writes what was learned as the text projection that model workers load."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import torch

from workers.models.text.encoder import TextEncoder
from workers.models.text.projection import CONFIG, ENCODER, LINEAR, MEAN, PROJECTION
from workers.models.training.ridge import Linear


def save(path: Path, head: Linear, encoder: TextEncoder, name: str, model_id: str) -> None:
    """Write `path`, whole or not at all, and beside it the folder of the encoder's tokenizer, which it names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _keep_tokenizer(path.parent / name.rpartition("/")[2], encoder)
    width, texts = head.weight.shape
    state: dict[str, Any] = {
        CONFIG: {
            "text_model_name": name,
            "text_dim": texts,
            "hidden_dim": 0,
            "audio_dim": width,
            "head": LINEAR,
            "pooling": MEAN,
            "model_id": model_id,
        },
        ENCODER: encoder.state(),
        # clone: a view would take all that it is a view of along.
        PROJECTION: {"weight": torch.from_numpy(head.weight).clone(), "bias": torch.from_numpy(head.bias).clone()},
    }
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _keep_tokenizer(folder: Path, encoder: TextEncoder) -> None:
    """So that texts can be read without the hub, wherever the encoder came from."""
    if (folder / "config.json").is_file():
        return
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    encoder.save_tokenizer(part)
    if folder.exists():  # without a configuration it is of no use, but it is not ours to remove
        shutil.copytree(part, folder, dirs_exist_ok=True)
        shutil.rmtree(part)
    else:
        part.replace(folder)
