"""Save the learned map as a text projection that model workers load."""

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
    """Write `path` atomically and, beside it, the encoder's configuration and tokenizer in the folder that it names."""
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
        # clone, because saving a view would save all of its base.
        PROJECTION: {"weight": torch.from_numpy(head.weight).clone(), "bias": torch.from_numpy(head.bias).clone()},
    }
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _keep_tokenizer(folder: Path, encoder: TextEncoder) -> None:
    """Keep configuration and tokenizer, so that embedding texts does not need the hub."""
    if (folder / "config.json").is_file():
        return
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    encoder.save_tokenizer(part)
    if folder.exists():  # useless without a configuration, but not ours to remove
        shutil.copytree(part, folder, dirs_exist_ok=True)
        shutil.rmtree(part)
    else:
        part.replace(folder)
