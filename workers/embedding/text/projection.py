"""A trained text projection: `checkpoints/{model}_best_r1.pt`.

The file is a torch file of plain tensors with `config` (`text_model_name`, `text_dim`, `hidden_dim`, `audio_dim`),
`text_encoder_state_dict` and `projection_state_dict`. The encoder's state at the last token goes through
Linear - BatchNorm1d - GELU - Dropout - Linear - BatchNorm1d and is brought to unit length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from broker.errors import ModelUnavailable
from broker.vectors import Vectors
from workers.embedding.neural.build import empty
from workers.embedding.neural.weights import Tensors, fit, read_checkpoint, refuse_unexpected
from workers.embedding.text.encoder import TextEncoder, load_encoder

#: Parts of the file.
CONFIG, ENCODER, PROJECTION = "config", "text_encoder_state_dict", "projection_state_dict"


@dataclass(frozen=True, slots=True)
class ProjectionConfig:
    """Which text encoder, and the three widths."""

    text_model_name: str
    text_dim: int
    hidden_dim: int
    audio_dim: int


class TextProjection:
    """Texts to vectors in the space of a model."""

    def __init__(self, encoder: TextEncoder, head: nn.Module, device: str) -> None:
        self._encoder = encoder
        self._head = head.to(device)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """float32 [n, audio_dim], unit length; one text at a time, so that none depends on its neighbours."""
        with torch.inference_mode():
            rows = [self._row(text) for text in texts]
        return np.concatenate(rows)

    def _row(self, text: str) -> Vectors:
        vector: Tensor = functional.normalize(self._head(self._encoder.last_token(text)), dim=-1)
        row: Vectors = vector.float().cpu().numpy()
        return row


def load_projection(path: Path, base: int, enriched: int, device: str) -> TextProjection:
    """The projection of a model whose vectors have `base` numbers a window and `enriched` at the API.

    Raises `ModelUnavailable` that says what is wrong with the file and what to do.
    """
    checkpoint = read_checkpoint(path)
    config = _config(checkpoint, path)
    if config.audio_dim not in (base, enriched):
        raise ModelUnavailable(
            f"{path} projects to {config.audio_dim} dimensions, the model has {base} (a window) or {enriched} (a "
            "track): it was trained for another model or checkpoint; remove it or train it anew"
        )
    head = empty(lambda: head_module(config))
    _fill(head, _state(checkpoint, PROJECTION, path), path)
    encoder = load_encoder(config.text_model_name, path.parent, _state(checkpoint, ENCODER, path), path, device)
    if encoder.width != config.text_dim:
        raise ModelUnavailable(f"{path}: {config.text_model_name} has width {encoder.width}, not {config.text_dim}")
    return TextProjection(encoder, head, device)


def head_module(config: ProjectionConfig) -> nn.Sequential:
    """The projection, untrained."""
    return nn.Sequential(
        nn.Linear(config.text_dim, config.hidden_dim),
        nn.BatchNorm1d(config.hidden_dim),
        nn.GELU(),
        nn.Dropout(),
        nn.Linear(config.hidden_dim, config.audio_dim),
        nn.BatchNorm1d(config.audio_dim),
    )


def without_common_prefix(state: Tensors) -> Tensors:
    """The same tensors under names from which the parts that all begin with are gone, such as `module.`."""
    names = [name.split(".") for name in state]
    shared = 0
    while names and all(len(name) > shared + 1 and name[shared] == names[0][shared] for name in names):
        shared += 1
    return {".".join(name[shared:]): tensor for name, tensor in zip(names, state.values(), strict=True)}


def _fill(head: nn.Module, state: Tensors, path: Path) -> None:
    used = fit(head, state, path)
    refuse_unexpected(state, used, (), path)


def _config(checkpoint: Mapping[str, Any], path: Path) -> ProjectionConfig:
    found = checkpoint.get(CONFIG)
    try:
        return ProjectionConfig(
            str(found["text_model_name"]),  # type: ignore[index]  # what is no map is told below
            *(int(found[name]) for name in ("text_dim", "hidden_dim", "audio_dim")),  # type: ignore[index]  # as above
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelUnavailable(f"{path} is no text projection: its {CONFIG!r} lacks {error}") from error


def _state(checkpoint: Mapping[str, Any], part: str, path: Path) -> Tensors:
    state = checkpoint.get(part)
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ModelUnavailable(f"{path} is no text projection: {part!r} is not a map of tensors")
    return without_common_prefix(state)
