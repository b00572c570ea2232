"""Rhythm: how fast the level of each band fluctuates, at which lags onsets repeat, how strong they are.

Fluctuation patterns: Pampalk 2001, with the logarithmic frequencies of Pohle et al. 2009 and Seyerlehner et al. 2010.
Onset autocorrelation (tempogram): Grosche, Mueller and Kurth 2010.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import scipy.fft
from scipy.ndimage import gaussian_filter1d

from workers.models.spectral.frames import BLOCK_HOPS, Array
from workers.models.spectral.spectra import FRAME_RATE, RHYTHM_BANDS, Spectra

#: 17 modulation frequencies in Hz, from about one swell in three seconds to 20 per second.
MODULATIONS: Final = np.geomspace(0.35, 20.0, 17)
#: Power (dB squared) below which a modulation is not noticeable.
UNNOTICED: Final = 0.02
#: Lags in frames for comparing onsets: 0.13 to 5.3 s, evenly spaced on a logarithmic scale.
LAGS: Final = np.unique(np.round(np.geomspace(6, 250, 48)).astype(int))
#: Bands of the onset curves: low, lower middle, upper middle, high.
GROUPS: Final = (slice(0, 6), slice(6, 12), slice(12, 18), slice(18, RHYTHM_BANDS))
#: Points of the transform for an autocorrelation, enough for no lag to wrap around.
CORRELATION_POINTS: Final = 2 * BLOCK_HOPS
#: Added to the energy of an onset curve (dB squared) and to the strength of an onset (dB), so that noise is not rhythm.
FAINT, FAINT_DB = 1e-3, 0.05


def describe(spectra: Spectra) -> dict[str, Array]:
    """Return the features of one block by name."""
    onsets = np.maximum(np.diff(spectra.rhythm, axis=0), 0)
    return {
        "fluctuation": fluctuation(spectra.rhythm),
        "repetition": np.concatenate([repetition(onsets[:, group].mean(axis=1)) for group in GROUPS]),
        "onsets": np.log(onsets.mean(axis=0) + np.float32(FAINT_DB)),
    }


def fluctuation(levels: Array) -> Array:
    """Return the power in dB of each band's modulations, [22 * 17]; pads a short block with its mean."""
    frames = len(levels)
    moving = np.zeros((BLOCK_HOPS, levels.shape[1]), np.float32)
    moving[:frames] = levels - levels.mean(axis=0)
    window = np.hanning(BLOCK_HOPS).astype(np.float32)
    spectrum = np.abs(scipy.fft.rfft(moving * window[:, None], axis=0)) ** 2
    powers = spectrum * (BLOCK_HOPS / frames / (window**2).sum())
    return np.asarray(10 * np.log10(powers.T @ _modulation_bank() + UNNOTICED), np.float32).ravel()


@cache
def _modulation_bank() -> Array:
    """Return triangles on a logarithmic axis, [BLOCK_HOPS // 2 + 1, 17]; an empty one gets the nearest bin."""
    bins = np.log(np.maximum(np.fft.rfftfreq(BLOCK_HOPS, 1 / FRAME_RATE), 1e-3))
    centres = np.log(MODULATIONS)
    distance = np.abs(bins[:, None] - centres) / (centres[1] - centres[0])
    bank = np.clip(1 - distance, 0, None)
    empty = bank.sum(axis=0) == 0
    bank[distance.argmin(axis=0)[empty], np.flatnonzero(empty)] = 1
    return np.asarray(bank / bank.sum(axis=0), np.float32)


def repetition(onsets: Array) -> Array:
    """Return the autocorrelation [lags] of an onset curve [n], which is 1 for exact repetition."""
    centred = onsets - onsets.mean()
    spectrum = np.abs(scipy.fft.rfft(centred, CORRELATION_POINTS)) ** 2
    correlated = scipy.fft.irfft(spectrum)[: CORRELATION_POINTS // 2]
    smooth = gaussian_filter1d(correlated / (correlated[0] + FAINT), 1.0)
    return np.asarray(smooth[LAGS], np.float32)
