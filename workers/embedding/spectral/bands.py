"""Filter banks: mel bands for timbre and rhythm, thirds of semitones for harmony."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from workers.embedding.spectral.frames import RATE, Array

Floats = npt.NDArray[np.float64]


def mel(frequency: float) -> float:
    """Hz to mel (O'Shaughnessy 1987): 2595 log10(1 + f / 700)."""
    return float(2595 * np.log10(1 + frequency / 700))


def hertz(mels: Floats) -> Floats:
    """Inverse of `mel`."""
    return np.asarray(700 * (10 ** (mels / 2595) - 1))


@cache
def mel_bank(window: int, bands: int, low: float, high: float) -> Array:
    """[window // 2 + 1, bands]: triangles from `low` to `high` Hz that overlap by half, each summing to 1."""
    edges = hertz(np.linspace(mel(low), mel(high), bands + 2))
    width = RATE / window  # no triangle is narrower than a bin
    bins = np.arange(window // 2 + 1)[:, None] * width
    rising = (bins - edges[:-2]) / np.maximum(edges[1:-1] - edges[:-2], width)
    falling = (edges[2:] - bins) / np.maximum(edges[2:] - edges[1:-1], width)
    bank = np.clip(np.minimum(rising, falling), 0, None)
    return np.asarray(bank / np.maximum(bank.sum(axis=0), 1e-9), np.float32)


@cache
def pitch_bank(window: int, lowest: float, bands: int, per_octave: int) -> Array:
    """[window // 2 + 1, bands]: Gaussians on a logarithmic axis from `lowest` Hz upwards, each summing to 1.

    A band is as wide as its step, or as one and a half bins where the spectrum resolves no better.
    """
    step = 2 ** (1 / per_octave)
    centres = lowest * step ** np.arange(bands)
    bins = np.arange(window // 2 + 1)[:, None] * RATE / window
    width = np.maximum(centres * (step - 1), 1.5 * RATE / window) / 2
    bank = np.exp(-0.5 * ((bins - centres) / width) ** 2)
    return np.asarray(bank / bank.sum(axis=0), np.float32)


@cache
def cosines(bands: int, coefficients: int) -> Array:
    """[bands, coefficients]: orthogonal DCT-II, the last step to cepstral coefficients."""
    phase = np.pi * (np.arange(bands)[:, None] + 0.5) * np.arange(coefficients) / bands
    return np.asarray(np.cos(phase) * np.sqrt(2 / bands), np.float32)
