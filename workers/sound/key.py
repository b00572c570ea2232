"""Key and mode: which of 24 profiles a track's chroma fits best.

The profiles were learned on songs of known key (`python -m bench.labels_constants`); those of Krumhansl and of
Temperley, which know nothing of overtones and the bass, name a third fewer keys exactly.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from contract.labels import KEYS
from workers.models.spectral.frames import Array
from workers.sound.constants import constants

#: Least confidence at which a track has a key at all.
LEAST: Final = 0.15
#: Least deviation of the pitch classes at which there are tones at all: noise reaches 0.005, songs from 0.03 on.
LEAST_DEVIATION: Final = 0.015


class Key(NamedTuple):
    """The number of a key in `contract.labels.KEYS`, and how sure it is, from 0 to 1."""

    number: int
    confidence: float

    @property
    def name(self) -> str:
        return KEYS[self.number]


def key(profiles: Array) -> Key | None:
    """Return the key of chroma profiles [2, 12]; None if there are no tones or no key stands out."""
    if profiles[0].std() < LEAST_DEVIATION:
        return None
    scores = key_scores(profiles)
    likely = np.exp(scores - scores.max())
    likely /= likely.sum()
    found = int(likely.argmax())
    confidence = float(likely[found])
    return Key(found, confidence) if confidence >= LEAST else None


def key_scores(profiles: Array) -> Array:
    """Return how well each of the 24 keys fits chroma profiles [2, 12]."""
    weights = constants()
    turned = turns(profiles)
    major, minor = turned @ weights.major, turned @ weights.minor + weights.minor_bias
    return np.concatenate([major, minor]).astype(np.float32)


def turns(profiles: Array) -> Array:
    """Return the profiles as seen from each tonic, [12, 24], centred and of unit length."""
    rooted = np.sqrt(profiles)
    rooted = rooted - rooted.mean(axis=1, keepdims=True)
    rooted = rooted / np.maximum(np.linalg.norm(rooted, axis=1, keepdims=True), 1e-9)
    return np.stack([np.roll(rooted, -tonic, axis=1).ravel() for tonic in range(12)]).astype(np.float32)
