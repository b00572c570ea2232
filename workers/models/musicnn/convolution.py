"""The front convolutions, each with the maximum over bands that follows: nine tenths of the network's work.

Both kinds are matrix products, laid out in memory as BLAS takes them. Pooling comes before ReLU and normalisation
instead of after: both are monotone, so the result is the same, for one number instead of up to 96. If the scale of the
normalisation is negative, the maximum becomes the minimum, which negating the kernel achieves.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from workers.models.musicnn.layout import BANDS, FRAMES, Array
from workers.models.musicnn.pruned import Filters

#: Frames of padding before and after a patch, for the timbral filters.
EDGE: Final = 3
#: Numbers in the result of one product, so that it stays in the second-level cache (1 MB).
CACHED: Final = 250_000
#: Frequencies of the real Fourier transform over the bands.
BINS: Final = BANDS // 2 + 1


class Timbral:
    """Filters of 7 frames by 38 or 67 bands, as products in the Fourier domain of the bands.

    Circular correlation over all 96 bands equals the plain one wherever the filter fits. So transforms of length 96
    suffice, and the inverse is computed only at those places: two to three times less work than sliding.
    """

    def __init__(self, filters: Filters) -> None:
        self._end = _Ending(filters)
        taps, width, count = filters.kernel.shape
        places = BANDS - width + 1
        kernel = np.fft.rfft(self._end.signed(filters.kernel).astype(float), BANDS, axis=1).conj()
        real, imaginary = kernel.real.transpose(1, 0, 2), kernel.imag.transpose(1, 0, 2)
        spectra = np.empty((BINS, 2, taps, 2, count))  # [frequency, part of the result, tap, part of the input, filter]
        spectra[:, 0, :, 0], spectra[:, 0, :, 1] = real, -imaginary
        spectra[:, 1, :, 0], spectra[:, 1, :, 1] = imaginary, real
        self._kernel = _single(spectra.reshape(BINS, 2, taps * 2, count))
        angle = 2 * np.pi / BANDS * np.arange(places)[:, None] * np.arange(BINS)
        weight = np.full(BINS, 2 / BANDS)
        weight[[0, -1]] = 1 / BANDS
        inverse = np.stack([np.cos(angle) * weight, -np.sin(angle) * weight], axis=2)
        self._inverse = _single(inverse.reshape(places, BINS * 2))
        self._step = max(1, CACHED // (places * count))

    @property
    def count(self) -> int:
        return int(self._kernel.shape[-1])

    def __call__(self, spectra: Array) -> Array:
        """Return [n, count] for the spectra [96 / 2 + 1, n, 14] from `windows`."""
        rows = spectra.shape[1]
        result = np.empty((rows, self.count), np.float32)
        for start in range(0, rows, self._step):
            part = spectra[:, None, start : start + self._step] @ self._kernel
            slid = self._inverse @ part.reshape(BINS * 2, -1)
            slid.max(axis=0, out=result[start : start + self._step].reshape(-1))
        return self._end(result)


def windows(patches: Array, taps: int = 2 * EDGE + 1) -> Array:
    """Return real and imaginary parts over the bands of seven frames each, [frequencies, patches x 187, 14]."""
    padded = np.pad(patches, ((0, 0), (EDGE, EDGE), (0, 0)))
    spectra = np.fft.rfft(padded, axis=2)
    parts = np.stack([spectra.real, spectra.imag], axis=-1).astype(np.float32)  # [patch, frame, frequency, 2]
    seven = np.lib.stride_tricks.sliding_window_view(parts, taps, axis=1)  # [patch, frame, frequency, 2, tap]
    return np.ascontiguousarray(seven.transpose(2, 0, 1, 4, 3)).reshape(BINS, -1, 2 * taps)


class Temporal:
    """Filters of 32 to 128 frames of one band, whose frames lie side by side, so that a window is a row of a matrix."""

    def __init__(self, filters: Filters) -> None:
        self._end = _Ending(filters)
        self._kernel = _single(self._end.signed(filters.kernel)[:, 0])
        self._before = (len(self._kernel) - 1) // 2

    @property
    def count(self) -> int:
        return int(self._kernel.shape[1])

    def __call__(self, patches: Array) -> Array:
        """Return [patches x 187, count] for patches [patches, 187, 96]."""
        taps = len(self._kernel)
        result = np.empty((len(patches), FRAMES, self.count), np.float32)
        for number, patch in enumerate(patches):
            bands = np.zeros((BANDS, FRAMES + taps - 1), np.float32)
            bands[:, self._before : self._before + FRAMES] = patch.T
            rows = np.lib.stride_tricks.sliding_window_view(bands, taps, axis=1).transpose(1, 0, 2)
            result[number] = _largest(rows @ self._kernel)
        return self._end(result.reshape(-1, self.count))


def _largest(values: Array) -> Array:
    """Return the maxima [frames, count] of [frames, 96, count] over the bands, by halving: long rows are fast."""
    bands = values.shape[1]
    while bands % 2 == 0:
        bands //= 2
        values = np.maximum(values[:, :bands], values[:, bands:])
    return np.asarray(values.max(axis=1))


class _Ending:
    """Bias, ReLU and normalisation, applied after pooling."""

    def __init__(self, filters: Filters) -> None:
        self._sign = np.where(filters.scale < 0, -1, 1).astype(np.float32)
        self._filters = filters

    def signed(self, kernel: Array) -> Array:
        return kernel * self._sign

    def __call__(self, pooled: Array) -> Array:
        filters = self._filters
        heard = np.maximum(pooled * self._sign + filters.bias, 0)
        return np.asarray(heard * filters.scale + filters.shift)


def _single(values: np.ndarray) -> Array:
    return np.ascontiguousarray(values, np.float32)
