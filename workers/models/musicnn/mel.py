"""Turn samples into mel frames like those of librosa's defaults at 16 kHz, even from samples at 24 kHz.

At 24 kHz, windows of 768 samples every 384 are as long as those of 512 every 256 at 16 kHz, and their bins are also
31.25 Hz apart. So their first 257 bins are the same spectrum, without a second decoding or resampling. The highest bins
are attenuated as a resampler to 16 kHz would do it.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft
import scipy.special

from workers.models.musicnn.layout import BANDS, Array

#: Sample rate in Hz of the networks' training data, and their window and bins.
TRAINED_RATE, TRAINED_WINDOW = 16000, 512
BINS: Final = TRAINED_WINDOW // 2 + 1
#: Where a resampler's low-pass falls to half, and how fast it falls (Hz): the amplitudes of soxr's HQ, from 24 to
#: 16 kHz, follow a normal distribution to within .003.
HALF_HZ, FALL_HZ = 7656.25, 97.5
#: Slaney's mel scale: linear to 1 kHz, logarithmic above.
LINEAR_HZ, BREAK_HZ, LOG_STEP = 200 / 3, 1000.0, np.log(6.4) / 27
#: Factor before the logarithm.
COMPRESSION: Final = 10000.0


def window(rate: int) -> int:
    """Return the samples per window at `rate`."""
    return TRAINED_WINDOW * rate // TRAINED_RATE


def spectra(samples: Array, rate: int) -> Array:
    """Return the powers [frames, 257] of whole windows in samples [n], as they would be at 16 kHz."""
    size = window(rate)
    view = np.lib.stride_tricks.sliding_window_view(samples, size)[:: size // 2]
    spectrum = scipy.fft.rfft(view * _hann(size), axis=1)[:, :BINS]
    powers = spectrum.real**2 + spectrum.imag**2
    return np.asarray(powers if rate == TRAINED_RATE else powers * _low_pass())


def mel(powers: Array) -> Array:
    """Return the mel powers [frames, 96] of spectra [frames, 257]."""
    return np.asarray(powers @ bank())


def compressed(mels: Array) -> Array:
    """Return the logarithm of mel powers, the networks' input; in float32, because float16 overflows."""
    return np.asarray(np.log10(np.float32(COMPRESSION) * mels + np.float32(1)))


def mean_square(powers: Array) -> float:
    """Return the mean square, up to 8 kHz, of the samples that gave spectra [frames, 257]."""
    return float(2 * powers.sum(axis=1).mean() / (TRAINED_WINDOW * TRAINED_WINDOW * 3 / 8))


@cache
def _hann(size: int) -> Array:
    """Return a periodic Hann window, scaled so that powers equal those at 16 kHz."""
    return np.asarray(np.hanning(size + 1)[:-1] * (TRAINED_WINDOW / size), np.float32)


@cache
def _low_pass() -> Array:
    """Return the share of power [257] that a resampler leaves in each bin."""
    frequencies = np.linspace(0, TRAINED_RATE / 2, BINS)
    return np.asarray(scipy.special.ndtr((HALF_HZ - frequencies) / FALL_HZ) ** 2, np.float32)


@cache
def bank() -> Array:
    """Return triangles from 0 to 8 kHz, evenly spaced in mel, each with area 1 over Hz: [257, 96]."""
    highest = TRAINED_RATE / 2
    top = BREAK_HZ / LINEAR_HZ + np.log(highest / BREAK_HZ) / LOG_STEP
    edges = _hertz(np.linspace(0, top, BANDS + 2))
    bins = np.linspace(0, highest, BINS)[:, None]
    rising = (bins - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - bins) / np.diff(edges)[1:]
    triangles = np.clip(np.minimum(rising, falling), 0, None)
    return np.asarray(triangles * 2 / (edges[2:] - edges[:-2]), np.float32)


def _hertz(mels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    break_mel = BREAK_HZ / LINEAR_HZ
    return np.where(mels < break_mel, LINEAR_HZ * mels, BREAK_HZ * np.exp(LOG_STEP * (mels - break_mel)))
