"""A tagger without its dead filters: weight decay has emptied most of them, so their output never changes.

The biases of the following layers absorb those constants, so omitting the dead filters changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from workers.models.musicnn.layout import (
    EPSILON,
    FRAMES,
    FRONT,
    HIDDEN_LAYER,
    HIDDEN_NORM,
    INPUT_NORM,
    LABEL_LAYER,
    MID,
    MIDDLE,
    POOLED_NORM,
    TEMPORAL,
    TIMBRAL,
    Array,
    Convolution,
)

#: A filter is dead if the norm of its kernel is below this (what faint filters of MTT would add is below rounding).
DEAD: Final = 1e-4
#: Frames of padding on either side of a patch before a middle convolution.
EDGE: Final = 3

Wide = npt.NDArray[np.float64]
Variables = Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Filters:
    """Living filters of a front convolution: `kernel` [time, bands, n], and `scale` and `shift` [n] after the ReLU."""

    kernel: Array
    bias: Array
    scale: Array
    shift: Array


@dataclass(frozen=True, slots=True)
class Layer:
    """A middle convolution [7, inputs, 64]; `bias` is [frames, 64] or [1, 64], then ReLU, `scale` and `shift` [64]."""

    kernel: Array
    bias: Array
    scale: Array
    shift: Array


@dataclass(frozen=True, slots=True)
class PrunedTagger:
    """The weights of a tagger without its dead filters.

    `alive` lists the living ones of the 561 front channels; `constant` [561] holds the values of the dead ones (0 for
    living ones). `largest`, `mean` [alive + 192, 200] and `bias` map the pooled channels to the hidden layer, `labels`
    [200, 50] and `label_bias` map that to the logits.
    """

    entry: Array
    front: tuple[Filters, ...]
    alive: npt.NDArray[np.int64]
    constant: Array
    middle: tuple[Layer, ...]
    largest: Array
    mean: Array
    bias: Array
    scale: Array
    shift: Array
    labels: Array
    label_bias: Array

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return all arrays by name, as `restored` takes them."""
        arrays: dict[str, npt.NDArray[np.generic]] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, tuple):
                arrays[field.name] = value
                continue
            for number, part in enumerate(value):
                arrays |= {
                    f"{field.name}.{number}.{attribute.name}": getattr(part, attribute.name)
                    for attribute in fields(part)
                }
        return arrays


def restored(arrays: Mapping[str, npt.NDArray[np.generic]]) -> PrunedTagger:
    """Reverse `PrunedTagger.arrays`. Raises `KeyError` if an array is missing."""

    def parts(kind: type[Filters] | type[Layer], name: str, count: int) -> tuple[object, ...]:
        return tuple(
            kind(**{one.name: _single(arrays[f"{name}.{n}.{one.name}"]) for one in fields(kind)}) for n in range(count)
        )

    plain = {field.name: arrays[field.name] for field in fields(PrunedTagger) if field.name not in {"front", "middle"}}
    front = parts(Filters, "front", len(TIMBRAL + TEMPORAL))
    return PrunedTagger(**plain, front=front, middle=parts(Layer, "middle", len(MIDDLE)))  # type: ignore[arg-type]


def pruned(variables: Variables, dead: float = DEAD) -> PrunedTagger:
    """Reduce a checkpoint's variables to the living filters: those whose norm is at least `dead`."""
    front: list[Filters] = []
    alive: list[npt.NDArray[np.int64]] = []
    constant = np.zeros(FRONT)
    first = 0
    for layer in (*TIMBRAL, *TEMPORAL):
        kernel, bias, scale, shift = _convolution(variables, layer)
        lives = np.linalg.norm(kernel.reshape(-1, layer.filters), axis=0) >= dead
        front.append(Filters(*(_single(part[..., lives]) for part in (kernel[:, :, 0], bias, scale, shift))))
        constant[first : first + layer.filters] = np.where(lives, 0, scale * np.maximum(bias, 0) + shift)
        alive.append(first + np.flatnonzero(lives))
        first += layer.filters
    places = np.concatenate(alive)
    return PrunedTagger(
        entry=_single(np.concatenate(_normalisation(variables, INPUT_NORM))),
        front=tuple(front),
        alive=places,
        constant=_single(constant),
        middle=_middle(variables, places, constant),
        **_hidden(variables, places, constant),
    )


def _middle(variables: Variables, alive: npt.NDArray[np.int64], constant: Wide) -> tuple[Layer, ...]:
    """Build the middle layers. The first has a bias per frame: the padding lacks the dead channels' constants."""
    layers = []
    for layer in MIDDLE:
        kernel, bias, scale, shift = _convolution(variables, layer)
        kernel, frames = kernel[:, :, 0], bias[None]
        if layer.kernel[1] == FRONT:
            taps = constant @ kernel
            inside = np.pad(np.ones(FRAMES), EDGE)
            frames = bias + np.lib.stride_tricks.sliding_window_view(inside, len(taps)) @ taps
            kernel = kernel[:, alive]
        layers.append(Layer(*(_single(part) for part in (kernel, frames, scale, shift))))
    return tuple(layers)


def _hidden(variables: Variables, alive: npt.NDArray[np.int64], constant: Wide) -> dict[str, Array]:
    """Build the layers after pooling. The checkpoint interleaves the maximum and mean of each channel."""
    pooled_scale, pooled_shift = _normalisation(variables, POOLED_NORM)
    kernel = variables[f"{HIDDEN_LAYER}/kernel"].astype(float)
    bias = variables[f"{HIDDEN_LAYER}/bias"] + pooled_shift @ kernel
    kernel = (kernel * pooled_scale[:, None]).reshape(-1, 2, kernel.shape[1])
    bias = bias + constant @ kernel[:FRONT].sum(axis=1)
    inputs = np.concatenate([alive, FRONT + np.arange(len(MIDDLE) * MID)])
    scale, shift = _normalisation(variables, HIDDEN_NORM)
    labels, label_bias = variables[f"{LABEL_LAYER}/kernel"], variables[f"{LABEL_LAYER}/bias"]
    parts = {"largest": kernel[inputs, 0], "mean": kernel[inputs, 1], "bias": bias, "scale": scale, "shift": shift}
    return {name: _single(part) for name, part in (parts | {"labels": labels, "label_bias": label_bias}).items()}


def _convolution(variables: Variables, layer: Convolution) -> tuple[Wide, Wide, Wide, Wide]:
    kernel, bias = (variables[f"{layer.name}/{part}"].astype(float) for part in ("kernel", "bias"))
    return kernel, bias, *_normalisation(variables, layer.normalisation)


def _normalisation(variables: Variables, name: str) -> tuple[Wide, Wide]:
    """Return scale and shift of a batch normalisation."""
    beta, gamma, mean, variance = (
        variables[f"{name}/{part}"].astype(float) for part in ("beta", "gamma", "moving_mean", "moving_variance")
    )
    scale = gamma / np.sqrt(variance + EPSILON)
    return scale, beta - mean * scale


def _single(values: npt.NDArray[Any]) -> Array:
    return np.ascontiguousarray(values, np.float32)
