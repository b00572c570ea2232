"""Harmony: which pitch classes sound, in which intervals, in which order and in which register.

Chroma: Fujishima 1999. Magnitudes of the Fourier transform over the twelve classes do not depend on the key
(Amiot 2016); those over classes and time do not depend on the phase of the beat either (Bertin-Mahieux and Ellis 2012).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import scipy.fft
from scipy.ndimage import gaussian_filter1d

from workers.models.spectral.frames import Array
from workers.models.spectral.spectra import PITCH_RATE, Spectra

#: Standard deviation, in thirds of a semitone, of the neighbourhood whose mean a tone stands out from.
NEIGHBOURHOOD: Final = 9.0
#: Amplitude relative to the mean below which there are no tones, but noise of codecs.
VALLEY: Final = 0.03
#: Semitones above C2 that make up the chroma: C3 to B6.
CHROMA_RANGE: Final = slice(12, 60)
#: Pitch frames more than this many dB below the loudest have no tones.
PAUSE_DB: Final = 45.0
#: Lags in frames (about 0.1 to 4 s) for comparing chroma with itself.
LAGS: Final = tuple(round(seconds * PITCH_RATE) for seconds in (0.085, 0.34, 1.02, 2.05, 4.1))
#: Frames of the transform over time, and how many rates and classes to keep.
TIME_POINTS, RATES, CLASSES = 128, 24, 7
#: Added to a magnitude before its logarithm.
FAINT: Final = 0.05


def describe(spectra: Spectra) -> dict[str, Array]:
    """Return the features of one block by name."""
    tones = semitones(spectra.pitch)
    chroma = tones[:, CHROMA_RANGE].reshape(len(tones), -1, 12).sum(axis=1)
    chroma = chroma / (np.linalg.norm(chroma, axis=1, keepdims=True) + np.float32(1e-6))
    intervals = np.abs(np.fft.rfft(chroma, axis=1))[:, 1:]
    return {
        "chroma": chroma.mean(axis=0),
        "intervals": np.concatenate([intervals.mean(axis=0), intervals.std(axis=0)]),
        "progression": progression(chroma),
        "following": following(chroma),
        "register": tones.reshape(len(tones), -1, 2).mean(axis=(0, 2)),
    }


def semitones(pitch: Array) -> Array:
    """Return how far each semitone stands out, in dB, [n, 72]; zeros in pauses."""
    levels = 20 * np.log10(pitch + pitch.mean() * np.float32(VALLEY) + np.float32(1e-12))
    above = np.maximum(levels - gaussian_filter1d(levels, NEIGHBOURHOOD, axis=1), 0)
    loudness = 10 * np.log10((pitch**2).sum(axis=1) + np.float32(1e-14))
    above *= (loudness > loudness.max() - PAUSE_DB)[:, None]
    return np.asarray(above.reshape(len(pitch), -1, 3).max(axis=2), np.float32)


def progression(chroma: Array) -> Array:
    """Return log magnitudes [24 * 7] of the two-dimensional Fourier transform of chroma [n, 12]."""
    count = len(chroma)
    patch = np.zeros((TIME_POINTS, 12), np.float32)
    patch[:count] = chroma
    magnitudes = np.abs(scipy.fft.fft2(patch))[:RATES, :CLASSES] / np.sqrt(count)
    return np.asarray(np.log(magnitudes + FAINT), np.float32).ravel()


def following(chroma: Array) -> Array:
    """Return mean products of chroma with itself [66]: six simultaneous intervals, then twelve at each of five lags."""
    at_once = [(chroma * np.roll(chroma, k, axis=1)).sum(axis=1).mean() for k in range(1, 7)]
    later: list[np.floating] = []
    for lag in LAGS:
        step = min(lag, len(chroma) // 2)
        before, after = chroma[: len(chroma) - step], chroma[step:]
        later += [(after * np.roll(before, k, axis=1)).sum(axis=1).mean() for k in range(12)]
    return np.array(at_once + later, np.float32)
