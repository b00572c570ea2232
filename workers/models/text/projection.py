"""A trained text projection: `checkpoints/{model}_best_r1.pt`.

A torch file of plain tensors with `config` (`text_model_name`, `text_dim`, `hidden_dim`, `audio_dim`),
`text_encoder_state_dict` and `projection_state_dict`. The encoder's state at the last token passes through
Linear - BatchNorm1d - GELU - Dropout - Linear - BatchNorm1d and is scaled to unit length. Files of `sonicmesh
train-text` also set `head` (`linear`: a single Linear), `pooling` (`mean`: over all tokens), and `model_id`, which
names the space that they were trained for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from broker.vectors import Vectors
from contract.errors import ModelUnavailable, TextUnavailable
from workers.models.neural.build import empty
from workers.models.neural.weights import Tensors, fit, read_checkpoint, refuse_unexpected
from workers.models.text.encoder import TextEncoder, load_encoder

#: Keys of the file.
CONFIG, ENCODER, PROJECTION = "config", "text_encoder_state_dict", "projection_state_dict"
#: Values of `head` and `pooling`, the published layout's first.
MLP, LINEAR = HEADS = ("mlp", "linear")
LAST, MEAN = POOLINGS = ("last", "mean")
#: Keys of `config` that the published layout lacks, with their defaults.
OPTIONAL: Final = {"head": MLP, "pooling": LAST, "model_id": ""}


@dataclass(frozen=True, slots=True)
class ProjectionConfig:
    """The text encoder, the three widths, and the head between them; a `model_id` of "" means any space."""

    text_model_name: str
    text_dim: int
    hidden_dim: int
    audio_dim: int
    head: str = MLP
    pooling: str = LAST
    model_id: str = ""


class TextProjection:
    """Maps texts to vectors in the space of a model."""

    def __init__(self, encoder: TextEncoder, head: nn.Module, pooling: str, device: str) -> None:
        self._encoder = encoder
        self._pooling = pooling
        self._head = head.to(device)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32 [n, audio_dim] of unit length; encodes one text at a time, so that results do not interact."""
        with torch.inference_mode():
            rows = [self._row(text) for text in texts]
        return np.concatenate(rows)

    def _row(self, text: str) -> Vectors:
        encoder = self._encoder
        state = encoder.mean_of_tokens([text]) if self._pooling == MEAN else encoder.last_token(text)
        vector: Tensor = functional.normalize(self._head(state), dim=-1)
        row: Vectors = vector.float().cpu().numpy()
        return row


def load_projection(path: Path, base: int, enriched: int, device: str, model_id: str = "") -> TextProjection:
    """Load the projection of a model whose vectors have `base` numbers per window and `enriched` at the API.

    Raises `TextUnavailable` if it was trained for vectors of another `model_id`, and `ModelUnavailable`, which says
    what is wrong with the file and what to do.
    """
    checkpoint = read_checkpoint(path)
    config = _config(checkpoint, path)
    if config.model_id and model_id and config.model_id != model_id:
        raise TextUnavailable(
            f"{path} was trained for the vectors of {config.model_id}, and these are {model_id}: run `sonicmesh "
            "train-text` again once the library is embedded"
        )
    if config.audio_dim not in (base, enriched):
        raise ModelUnavailable(
            f"{path} projects to {config.audio_dim} dimensions, the model has {base} (a window) or {enriched} (a "
            "track): it was trained for another model or checkpoint; remove it or retrain it"
        )
    head = empty(lambda: head_module(config))
    _fill(head, _state(checkpoint, PROJECTION, path), path)
    encoder = load_encoder(config.text_model_name, path.parent, _state(checkpoint, ENCODER, path), path, device)
    if encoder.width != config.text_dim:
        raise ModelUnavailable(f"{path}: {config.text_model_name} has width {encoder.width}, not {config.text_dim}")
    return TextProjection(encoder, head, config.pooling, device)


def head_module(config: ProjectionConfig) -> nn.Module:
    """Return the untrained projection."""
    if config.head == LINEAR:
        return nn.Linear(config.text_dim, config.audio_dim)
    return nn.Sequential(
        nn.Linear(config.text_dim, config.hidden_dim),
        nn.BatchNorm1d(config.hidden_dim),
        nn.GELU(),
        nn.Dropout(),
        nn.Linear(config.hidden_dim, config.audio_dim),
        nn.BatchNorm1d(config.audio_dim),
    )


def without_common_prefix(state: Tensors) -> Tensors:
    """Remove the prefix that all names share, such as `module.`."""
    names = [name.split(".") for name in state]
    shared = 0
    while names and all(len(name) > shared + 1 and name[shared] == names[0][shared] for name in names):
        shared += 1
    return {".".join(name[shared:]): tensor for name, tensor in zip(names, state.values(), strict=True)}


def _fill(head: nn.Module, state: Tensors, path: Path) -> None:
    used = fit(head, state, path)
    refuse_unexpected(state, used, (), path)


def _config(checkpoint: Mapping[str, Any], path: Path) -> ProjectionConfig:
    value = checkpoint.get(CONFIG)
    values: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    try:
        config = ProjectionConfig(
            str(values["text_model_name"]),
            int(values["text_dim"]),
            int(values["hidden_dim"]),
            int(values["audio_dim"]),
            *(str(values.get(name, default)) for name, default in OPTIONAL.items()),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelUnavailable(f"{path} is not a text projection: its {CONFIG!r} lacks {error}") from error
    if config.head not in HEADS or config.pooling not in POOLINGS:
        raise ModelUnavailable(
            f"{path} has the head {config.head!r} and the pooling {config.pooling!r}; known are {', '.join(HEADS)} and "
            f"{', '.join(POOLINGS)}: a newer release made it; update this one"
        )
    return config


def _state(checkpoint: Mapping[str, Any], part: str, path: Path) -> Tensors:
    state = checkpoint.get(part)
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ModelUnavailable(f"{path} is not a text projection: {part!r} is not a map of tensors")
    return without_common_prefix(state)
