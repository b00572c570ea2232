"""Chroma: how strongly each pitch class stands out, corrected for the tuning of the recording."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.ndimage import gaussian_filter1d

from workers.models.spectral.frames import Array
from workers.models.spectral.harmony import NEIGHBOURHOOD, PAUSE_DB, VALLEY
from workers.models.spectral.spectra import THIRDS, Spectra

#: Octaves of the pitch spectrum, from C2; the lowest has the roots, the highest only overtones.
OCTAVES: Final = 6
#: Weight of each octave.
WEIGHTS: Final = np.array([0.5, 1.0, 1.0, 1.0, 0.6, 0.2], np.float32)
#: Octaves that count as bass: C2 to B3.
BASS: Final = 2
#: Weights of the thirds below, on and above a pitch class.
FOLD: Final = (0.5, 1.0, 0.5)


@dataclass(slots=True)
class Chroma:
    """Collects a track's chroma in thirds of semitones, by octave: [6, 36] from C2 upwards."""

    #: Sum over the frames.
    total: Array = field(default_factory=lambda: np.zeros((OCTAVES, THIRDS), np.float32))

    def add(self, spectra: Spectra) -> Array:
        """Add a block; return its chroma [frames, 36] in thirds of semitones."""
        octaves = standing_out(spectra.pitch)
        self.total += octaves.sum(axis=0)
        return np.asarray(octaves.sum(axis=1), np.float32)

    def profiles(self) -> Array:
        """Return how strongly each pitch class sounds, in all octaves and in the bass, [2, 12] from C upwards.

        Each sums to 1, or is zero if there are no tones.
        """
        whole = self.total.sum(axis=0, keepdims=True)
        offset = max(range(-1, 2), key=lambda each: float((classes(whole, each) ** 2).sum()))
        both = classes(np.concatenate([whole, self.total[:BASS].sum(axis=0, keepdims=True)]), offset)
        return np.asarray(both / np.maximum(both.sum(axis=1, keepdims=True), 1e-9), np.float32)


def standing_out(pitch: Array) -> Array:
    """Return how far tones stand out of amplitudes [n, 216], in octaves of thirds, [n, 6, 36]; 0 in pauses.

    The sum over the octaves of a frame has a norm of 1.
    """
    levels = 20 * np.log10(pitch + pitch.mean() * np.float32(VALLEY) + np.float32(1e-12))
    above = np.maximum(levels - gaussian_filter1d(levels, NEIGHBOURHOOD, axis=1), 0)
    loudness = 10 * np.log10((pitch**2).sum(axis=1) + np.float32(1e-14))
    above *= (loudness > loudness.max() - PAUSE_DB)[:, None]
    octaves = above.reshape(len(pitch), OCTAVES, THIRDS) * WEIGHTS[:, None]
    norms = np.linalg.norm(octaves.sum(axis=1), axis=1) + np.float32(1e-6)
    return np.asarray(octaves / norms[:, None, None], np.float32)


def classes(thirds: Array, offset: int) -> Array:
    """Return pitch classes [n, 12] of thirds [n, 36] in a recording that is `offset` thirds of a semitone too high."""
    parts = [weight * np.roll(thirds, 1 - place - offset, axis=1)[:, ::3] for place, weight in enumerate(FOLD)]
    return np.asarray(sum(parts), np.float32)
