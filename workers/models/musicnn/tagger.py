"""A tagger's forward pass: from patches of log-mel frames to the hidden layer, and from there to labels."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from workers.models.musicnn.convolution import EDGE, Temporal, Timbral, windows
from workers.models.musicnn.layout import FRAMES, TIMBRAL, Array
from workers.models.musicnn.pruned import Layer, PrunedTagger

#: Patches to compute at once, which need less than 30 MB.
BATCH: Final = 4


class Pooled(NamedTuple):
    """The maximum and mean over a patch's frames, [n, living channels] each."""

    largest: Array
    mean: Array


class Tagger:
    """One of the two networks, without its dead filters."""

    def __init__(self, weights: PrunedTagger) -> None:
        self._weights = weights
        self._timbral = [Timbral(filters) for filters in weights.front[: len(TIMBRAL)]]
        self._temporal = [Temporal(filters) for filters in weights.front[len(TIMBRAL) :]]

    def hidden(self, patches: Array) -> Array:
        """Return the hidden layer [n, 200] for log-mel patches [n, 187, 96]: the package's `penultimate`."""
        weights = self._weights
        pooled = self.pooled(patches)
        values = pooled.largest @ weights.largest + pooled.mean @ weights.mean + weights.bias
        return np.maximum(values, 0) * weights.scale + weights.shift

    def tags(self, hidden: Array) -> Array:
        """Return scores [n, 50], from 0 to 1, for hidden layers [n, 200]: the package's `taggram`."""
        logits = hidden @ self._weights.labels + self._weights.label_bias
        return np.asarray(1 / (1 + np.exp(-logits)), np.float32)

    def pooled(self, patches: Array) -> Pooled:
        """Return the living front channels, then the 192 middle channels, pooled over the frames of each patch."""
        parts = [self._pool(patches[start : start + BATCH]) for start in range(0, len(patches), BATCH)]
        return Pooled(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def all_channels(self, pooled: Array) -> Array:
        """Return all channels [n, 753] for living channels [n, living], with the constants of the dead ones."""
        weights = self._weights
        front = np.tile(weights.constant, (len(pooled), 1))
        front[:, weights.alive] = pooled[:, : len(weights.alive)]
        return np.concatenate([front, pooled[:, len(weights.alive) :]], axis=1)

    def _pool(self, patches: Array) -> Pooled:
        scale, shift = self._weights.entry
        normal = patches * scale + shift
        spectra = windows(normal)
        channels = [layer(spectra) for layer in self._timbral] + [layer(normal) for layer in self._temporal]
        front = np.concatenate(channels, axis=1).reshape(len(patches), FRAMES, -1)
        first, second, third = self._weights.middle
        middle = _middle(front, first)
        two = middle + _middle(middle, second)
        three = two + _middle(two, third)
        every = np.concatenate([front, middle, two, three], axis=2)
        return Pooled(every.max(axis=1), every.mean(axis=1))


def _middle(frames: Array, layer: Layer) -> Array:
    """Apply a middle layer, seven frames by all channels, to frames [n, 187, inputs]; returns [n, 187, 64]."""
    padded = np.pad(frames, ((0, 0), (EDGE, EDGE), (0, 0)))
    values = layer.bias + padded[:, :FRAMES] @ layer.kernel[0]
    for tap in range(1, len(layer.kernel)):
        values += padded[:, tap : tap + FRAMES] @ layer.kernel[tap]
    return np.asarray(np.maximum(values, 0) * layer.scale + layer.shift)
