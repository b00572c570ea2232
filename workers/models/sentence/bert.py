"""BERT's encoder on numpy, for short texts: one text at a time, so that none needs padding.

Source: Devlin et al., "BERT", 2019; pooling: Reimers & Gurevych, "Sentence-BERT", 2019.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from contract.errors import ModelUnavailable
from workers.models.sentence.locations import CONFIG, WEIGHTS

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Dense:
    """A linear layer; `weight` is [outputs, inputs]."""

    weight: Array
    bias: Array

    def __call__(self, values: Array) -> Array:
        return values @ self.weight.T + self.bias


@dataclass(frozen=True, slots=True)
class Norm:
    """A layer normalisation."""

    gain: Array
    shift: Array
    epsilon: float

    def __call__(self, values: Array) -> Array:
        centred = values - values.mean(axis=-1, keepdims=True)
        deviation = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + self.epsilon)
        normal: Array = centred / deviation * self.gain + self.shift
        return normal


@dataclass(frozen=True, slots=True)
class Layer:
    """A transformer layer: self-attention, then two linear layers, each with its residual and norm."""

    query: Dense
    key: Dense
    value: Dense
    output: Dense
    attended: Norm
    inner: Dense
    outer: Dense
    finished: Norm
    heads: int

    def __call__(self, states: Array) -> Array:
        """Return the next states [tokens, width]."""
        states = self.attended(states + self.output(self._attention(states)))
        return self.finished(states + self.outer(_gelu(self.inner(states))))

    def _attention(self, states: Array) -> Array:
        count, width = states.shape
        query, key, value = (
            layer(states).reshape(count, self.heads, -1).swapaxes(0, 1) for layer in (self.query, self.key, self.value)
        )
        scores = query @ key.swapaxes(1, 2) / np.float32(np.sqrt(width / self.heads))
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        return np.asarray((weights @ value).swapaxes(0, 1).reshape(count, width))


class Bert:
    """The encoder. Word embeddings, half of the weights, stay in the file; each text reads only its own rows."""

    def __init__(self, folder: Path) -> None:
        """Read `folder`. Raises `ModelUnavailable` if its files are not those of a BERT encoder."""
        from safetensors import SafetensorError, safe_open

        self._file: Any
        try:
            config = json.loads((folder / CONFIG).read_text())
            self._file = safe_open(folder / WEIGHTS, "numpy")
            self._words = self._file.get_slice("embeddings.word_embeddings.weight")
            self._positions = self._tensor("embeddings.position_embeddings.weight")
            self._type = self._tensor("embeddings.token_type_embeddings.weight")[0]
            self._epsilon = float(config["layer_norm_eps"])
            self._first = self._norm("embeddings.LayerNorm")
            self._layers = [self._layer(n, config["num_attention_heads"]) for n in range(config["num_hidden_layers"])]
        except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
            raise ModelUnavailable(f"{folder} does not hold a sentence encoder: {error}") from error
        #: Most tokens of a text.
        self.most = len(self._positions)

    def mean_state(self, tokens: Sequence[int]) -> Array:
        """Return the mean of the last states [width] over a text's tokens, of unit length."""
        states: Array = np.concatenate([self._words[token : token + 1] for token in tokens])
        states = self._first(states + self._positions[: len(tokens)] + self._type)
        for layer in self._layers:
            states = layer(states)
        mean = states.mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)

    def _tensor(self, name: str) -> Array:
        return np.asarray(self._file.get_tensor(name), np.float32)

    def _dense(self, name: str) -> Dense:
        return Dense(self._tensor(f"{name}.weight"), self._tensor(f"{name}.bias"))

    def _norm(self, name: str) -> Norm:
        return Norm(self._tensor(f"{name}.weight"), self._tensor(f"{name}.bias"), self._epsilon)

    def _layer(self, number: int, heads: int) -> Layer:
        name = f"encoder.layer.{number}"
        return Layer(
            query=self._dense(f"{name}.attention.self.query"),
            key=self._dense(f"{name}.attention.self.key"),
            value=self._dense(f"{name}.attention.self.value"),
            output=self._dense(f"{name}.attention.output.dense"),
            attended=self._norm(f"{name}.attention.output.LayerNorm"),
            inner=self._dense(f"{name}.intermediate.dense"),
            outer=self._dense(f"{name}.output.dense"),
            finished=self._norm(f"{name}.output.LayerNorm"),
            heads=heads,
        )


def _gelu(values: Array) -> Array:
    from scipy.special import erf

    return np.asarray(0.5 * values * (1 + erf(values / np.float32(np.sqrt(2)))), np.float32)
