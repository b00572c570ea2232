"""Enrichment: combine the vectors of a track's windows into one: their mean, spread and change."""

from __future__ import annotations

from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

#: Interquartile range of the standard normal distribution.
NORMAL_IQR: Final = 1.3489795003921634
#: Smallest norm to divide by, so that zeros stay zeros.
MIN_NORM: Final = 1e-12
#: Elements per call of `quantile` (16 MiB of float32), which bounds the memory that long tracks need.
BLOCK_ELEMENTS: Final = 4 * 1024 * 1024

F = TypeVar("F", np.float32, np.float64)


def enrich(windows: npt.NDArray[F]) -> npt.NDArray[F]:
    """Combine [D, T] floats, one column per window, into [3 D] of the same dtype with L2 norm 1 (zeros stay zeros).

    `[mean, (q75 - q25) / 1.349, mean of first differences]`; quantiles interpolate linearly. With one window, the
    second and third part are zero. Raises `ValueError` for an array without windows.
    """
    if windows.ndim != 2 or 0 in windows.shape:
        raise ValueError(f"enrichment needs an array [dimensions, windows], not {list(windows.shape)}")
    vector = np.concatenate([windows.mean(axis=1), _spread(windows), _slope(windows)])
    norm = max(float(np.linalg.norm(vector)), MIN_NORM)
    unit: npt.NDArray[F] = vector / vector.dtype.type(norm)
    return unit


def _spread(windows: npt.NDArray[F]) -> npt.NDArray[F]:
    """Return the interquartile range [D], scaled to equal the standard deviation of a normal distribution."""
    dims, count = windows.shape
    spread = np.zeros(dims, windows.dtype)
    if count == 1:
        return spread
    rows = max(1, BLOCK_ELEMENTS // count)
    for first in range(0, dims, rows):
        low, high = np.quantile(windows[first : first + rows], (0.25, 0.75), axis=1)
        spread[first : first + rows] = (high - low) / NORMAL_IQR
    return spread


def _slope(windows: npt.NDArray[F]) -> npt.NDArray[F]:
    """Return the mean of first differences [D], which is (last - first) / (T - 1)."""
    count = windows.shape[1]
    if count == 1:
        return np.zeros_like(windows[:, 0])
    return (windows[:, -1] - windows[:, 0]) / windows.dtype.type(count - 1)
