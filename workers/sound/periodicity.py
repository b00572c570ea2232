"""Periodicity: at which lags and frequencies a track's onsets repeat.

Onset autocorrelation and Fourier tempogram: Grosche, Mueller and Kurth 2010; both together tell the beat from its
multiples and fractions: Peeters 2007.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import scipy.fft

from workers.models.spectral.frames import Array
from workers.models.spectral.spectra import FRAME_RATE, PITCH_RATE, RHYTHM_BANDS, Spectra

#: Bands of the onset curves: low, lower middle, upper middle, high.
GROUPS: Final = (slice(0, 6), slice(6, 12), slice(12, 18), slice(18, RHYTHM_BANDS))
#: Curves: one per group, their sum, and changes of harmony.
CURVES: Final = len(GROUPS) + 2
#: Frames per window (10.9 s), and between windows.
WINDOW: Final = 512
STEP: Final = 256
#: Longest lag in frames (6.8 s).
LONGEST: Final = 320
#: Points of the transforms; no lag wraps around.
POINTS: Final = 2048
#: Energy of a curve below which it repeats nothing.
FAINT: Final = 1e-3
#: Frames over which a curve's mean is removed (1.4 s).
LOCAL: Final = 65


@dataclass(slots=True)
class Periodicity:
    """Collects a track's onset curves block by block, then sums up its windows."""

    curves: list[Array] = field(default_factory=list)
    _last: Array | None = None

    def add(self, spectra: Spectra, chroma: Array) -> None:
        """Add a block with its chroma [T / 4, any]."""
        levels = spectra.rhythm + np.float32(spectra.level)
        before = levels[:1] if self._last is None else self._last
        self._last = levels[-1:]
        rises = np.maximum(np.diff(np.concatenate([before, levels]), axis=0), 0)
        groups = [rises[:, group].mean(axis=1) for group in GROUPS]
        self.curves.append(np.stack([*groups, rises.mean(axis=1), _changes(chroma, len(levels))]).astype(np.float32))

    @property
    def frames(self) -> int:
        """How many frames were added."""
        return sum(curves.shape[1] for curves in self.curves)

    def strength(self) -> float:
        """Return the mean rise per frame over all bands, in dB; 0 without sound."""
        return float(np.mean([curves[4].mean() for curves in self.curves])) if self.curves else 0.0

    def summed(self) -> tuple[Array, Array]:
        """Return the mean autocorrelation [6, LONGEST] and the mean spectrum [6, POINTS // 2 + 1] of the windows.

        Both are relative to each curve's energy; zeros for a track without a second of sound.
        """
        whole = np.concatenate(self.curves, axis=1) if self.curves else np.zeros((CURVES, 0), np.float32)
        correlations, spectra, weights = [], [], []
        for start in range(0, max(1, whole.shape[1] - STEP), STEP):
            window = _centred(whole[:, start : start + WINDOW])
            power = np.abs(scipy.fft.rfft(window, POINTS, axis=1)) ** 2
            correlation = scipy.fft.irfft(power, POINTS, axis=1)[:, :LONGEST]
            energy = correlation[:, :1] + FAINT
            # A lag near the length of the window has few products.
            products = np.maximum(window.shape[1] - np.arange(LONGEST), window.shape[1] // 4) / window.shape[1]
            correlations.append(correlation / energy / products)
            spectra.append(power / energy / max(window.shape[1], 1))
            weights.append(float(correlation[4, 0]))
        share = np.array(weights) / (sum(weights) + 1e-9)
        return (
            np.asarray(np.tensordot(share, correlations, 1), np.float32),
            np.asarray(np.tensordot(share, spectra, 1), np.float32),
        )


def _centred(window: Array) -> Array:
    """Return the curves without their slow part, so that swells are not rhythm."""
    if window.shape[1] < LOCAL:
        return np.asarray(window - window.mean(axis=1, keepdims=True), np.float32) if window.size else window
    padded = np.pad(window, ((0, 0), (LOCAL // 2 + 1, LOCAL // 2)), mode="edge").cumsum(axis=1)
    return np.asarray(window - (padded[:, LOCAL:] - padded[:, :-LOCAL]) / LOCAL, np.float32)


def _changes(chroma: Array, frames: int) -> Array:
    """Return how much the harmony changes at each of `frames` frames."""
    if len(chroma) < 6:
        return np.zeros(frames, np.float32)
    padded = np.concatenate([chroma[:1]] * 2 + [chroma] + [chroma[-1:]] * 2)
    before, after = padded[:-3] + padded[1:-2], padded[2:-1] + padded[3:]
    distance = np.linalg.norm(after - before, axis=1)[: len(chroma)]
    at = np.arange(frames) / FRAME_RATE * PITCH_RATE
    return np.asarray(np.interp(at, np.arange(len(distance)), distance), np.float32)
