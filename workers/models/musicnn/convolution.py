"""The convolutions of the front, each with the maximum over bands that follows: nine tenths of the network's work.

Both are products of matrices that BLAS takes as they lie in memory. What is pooled before the ReLU and the
normalisation is the maximum, or the minimum where the normalisation's scale is negative (its kernel is negated): both
steps are monotone, so they give the same behind the pooling, for one number instead of up to 96.
"""

from __future__ import annotations

import numpy as np

from workers.models.musicnn.layout import BANDS, FRAMES, Array
from workers.models.musicnn.living import Filters

#: Frames of padding before and after a patch for the timbral filters.
EDGE = 3
#: Numbers of one product's result: it stays in the second-level cache (1 MB).
CACHED = 250_000
#: Frequencies of the real Fourier transform over the bands.
BINS = BANDS // 2 + 1


class Timbral:
    """7 frames by 38 or 67 bands, as products in the Fourier domain of the bands.

    Circular correlation over all 96 bands is the plain one at every place where the filter fits in. So transforms of
    96 do, and the inverse is taken only at those places: two to three times less work than sliding.
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
        """[n, count] of the windows' spectra [96 / 2 + 1, n, 14] that `windows` gave."""
        rows = spectra.shape[1]
        found = np.empty((rows, self.count), np.float32)
        for start in range(0, rows, self._step):
            part = spectra[:, None, start : start + self._step] @ self._kernel
            slid = self._inverse @ part.reshape(BINS * 2, -1)
            slid.max(axis=0, out=found[start : start + self._step].reshape(-1))
        return self._end(found)


def windows(patches: Array, taps: int = 2 * EDGE + 1) -> Array:
    """[frequencies, patches x 187, 14]: real and imaginary parts over the bands of seven frames each."""
    padded = np.pad(patches, ((0, 0), (EDGE, EDGE), (0, 0)))
    spectra = np.fft.rfft(padded, axis=2)
    parts = np.stack([spectra.real, spectra.imag], axis=-1).astype(np.float32)  # [patch, frame, frequency, 2]
    seven = np.lib.stride_tricks.sliding_window_view(parts, taps, axis=1)  # [patch, frame, frequency, 2, tap]
    return np.ascontiguousarray(seven.transpose(2, 0, 1, 4, 3)).reshape(BINS, -1, 2 * taps)


class Temporal:
    """32 to 128 frames of one band: the frames of a band lie side by side, so a window is a row of a matrix."""

    def __init__(self, filters: Filters) -> None:
        self._end = _Ending(filters)
        self._kernel = _single(self._end.signed(filters.kernel)[:, 0])
        self._before = (len(self._kernel) - 1) // 2

    @property
    def count(self) -> int:
        return int(self._kernel.shape[1])

    def __call__(self, patches: Array) -> Array:
        """[patches x 187, count]."""
        taps = len(self._kernel)
        found = np.empty((len(patches), FRAMES, self.count), np.float32)
        for number, patch in enumerate(patches):
            bands = np.zeros((BANDS, FRAMES + taps - 1), np.float32)
            bands[:, self._before : self._before + FRAMES] = patch.T
            rows = np.lib.stride_tricks.sliding_window_view(bands, taps, axis=1).transpose(1, 0, 2)
            found[number] = _largest(rows @ self._kernel)
        return self._end(found.reshape(-1, self.count))


def _largest(values: Array) -> Array:
    """[frames, count]: maxima of [frames, 96, count] over the bands, by halves: long rows are quick."""
    bands = values.shape[1]
    while bands % 2 == 0:
        bands //= 2
        values = np.maximum(values[:, :bands], values[:, bands:])
    return np.asarray(values.max(axis=1))


class _Ending:
    """Bias, ReLU and normalisation, behind the pooling."""

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
