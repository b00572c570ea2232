"""Enrichment: the vectors of a track's windows become one vector that also tells how much and whither they move."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

#: The interquartile range of a normal distribution with standard deviation 1.
NORMAL_IQR = 1.3489795003921634
#: Norms below this divide as if they were this: zeros stay zeros.
MIN_NORM = 1e-12
#: Quantiles are taken over so many elements at once (16 MiB of float32), which bounds the memory of long tracks.
BLOCK_ELEMENTS = 4 * 1024 * 1024

F = TypeVar("F", np.float32, np.float64)


def enrich(windows: npt.NDArray[F]) -> npt.NDArray[F]:
    """[D, T] floats, one column a window -> [3 D] of the same dtype with L2 norm 1 (all zeros stay zeros).

    `[mean, (q75 - q25) / 1.349, mean of first differences]`; quantiles interpolate linearly. With one window the
    second and third part are zero. Raises `ValueError` for an array without windows.
    """
    if windows.ndim != 2 or 0 in windows.shape:
        raise ValueError(f"enrichment needs an array [dimensions, windows], not {list(windows.shape)}")
    vector = np.concatenate([windows.mean(axis=1), _spread(windows), _slope(windows)])
    norm = max(float(np.linalg.norm(vector)), MIN_NORM)
    unit: npt.NDArray[F] = vector / vector.dtype.type(norm)
    return unit


def _spread(windows: npt.NDArray[F]) -> npt.NDArray[F]:
    """[D]: the interquartile range, scaled so that it is the standard deviation of a normal distribution."""
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
    """[D]: the mean of first differences, which is (last - first) / (T - 1)."""
    count = windows.shape[1]
    if count == 1:
        return np.zeros_like(windows[:, 0])
    return (windows[:, -1] - windows[:, 0]) / windows.dtype.type(count - 1)
