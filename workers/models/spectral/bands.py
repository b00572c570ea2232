"""Filter banks: mel bands for timbre and rhythm, thirds of semitones for harmony.

Banks are sparse: a band has few bins, and a sparse product neither multiplies zeros nor wakes BLAS threads.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import scipy.sparse

from workers.models.spectral.frames import RATE, Array

Floats = npt.NDArray[np.float64]
#: A `scipy.sparse.csr_array` of float32 (scipy has no types).
Bank: TypeAlias = Any

#: Weights below this share of a band's largest weight are dropped.
NEGLIGIBLE: Final = 1e-4


def apply(bank: Bank, spectra: Array) -> Array:
    """Apply a bank [bands, bins] to spectra [frames, bins]; returns [frames, bands]."""
    return np.ascontiguousarray((bank @ spectra.T).T)


def _sparse(bank: Floats) -> Bank:
    """Convert a dense bank [bins, bands] to a sparse one [bands, bins] whose bands sum to 1."""
    filters = np.where(bank >= NEGLIGIBLE * bank.max(axis=0), bank, 0)
    return scipy.sparse.csr_array(np.asarray((filters / filters.sum(axis=0)).T, np.float32))


def mel(frequency: float) -> float:
    """Convert Hz to mel (O'Shaughnessy 1987): 2595 log10(1 + f / 700)."""
    return float(2595 * np.log10(1 + frequency / 700))


def hertz(mels: Floats) -> Floats:
    """Convert mel to Hz, the inverse of `mel`."""
    return np.asarray(700 * (10 ** (mels / 2595) - 1))


@cache
def mel_bank(window: int, bands: int, low: float, high: float) -> Bank:
    """Return [bands, window // 2 + 1]: triangles from `low` to `high` Hz that overlap by half, each summing to 1."""
    edges = hertz(np.linspace(mel(low), mel(high), bands + 2))
    width = RATE / window  # no triangle is narrower than a bin
    bins = np.arange(window // 2 + 1)[:, None] * width
    rising = (bins - edges[:-2]) / np.maximum(edges[1:-1] - edges[:-2], width)
    falling = (edges[2:] - bins) / np.maximum(edges[2:] - edges[1:-1], width)
    return _sparse(np.clip(np.minimum(rising, falling), 0, None))


@cache
def pitch_bank(window: int, lowest: float, bands: int, per_octave: int) -> Bank:
    """Return [bands, window // 2 + 1]: Gaussians on a logarithmic axis from `lowest` Hz upwards, each summing to 1.

    A band is as wide as its step, but at least one and a half bins, since the spectrum resolves no better.
    """
    step = 2 ** (1 / per_octave)
    centres = lowest * step ** np.arange(bands)
    bins = np.arange(window // 2 + 1)[:, None] * RATE / window
    width = np.maximum(centres * (step - 1), 1.5 * RATE / window) / 2
    return _sparse(np.exp(-0.5 * ((bins - centres) / width) ** 2))


@cache
def cosines(bands: int, coefficients: int) -> Array:
    """Return the orthogonal DCT-II [bands, coefficients], the last step to cepstral coefficients."""
    phase = np.pi * (np.arange(bands)[:, None] + 0.5) * np.arange(coefficients) / bands
    return np.asarray(np.cos(phase) * np.sqrt(2 / bands), np.float32)
