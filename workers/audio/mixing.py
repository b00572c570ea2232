"""From the channels of a file to those a model wants, with bad samples taken out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
#: Whole numbers at the upper end of 32 bits.
Whole = npt.NDArray[np.int32]

#: Full scale is 1; what is beyond this (or no number) is damage in a float file, not music.
LARGEST_SAMPLE = 1e6
#: Amplitude of centre and surround channels in a fold-down to two (ITU-R BS.775).
FOLD = 0.7071
#: Left and right weights by number of channels, in the order of FLAC and WAVE (L R C LFE BL BR ...; no LFE).
FOLDS: dict[int, tuple[tuple[float, ...], tuple[float, ...]]] = {
    3: ((1, 0, FOLD), (0, 1, FOLD)),
    4: ((1, 0, FOLD, 0), (0, 1, 0, FOLD)),
    5: ((1, 0, FOLD, FOLD, 0), (0, 1, FOLD, 0, FOLD)),
    6: ((1, 0, FOLD, 0, FOLD, 0), (0, 1, FOLD, 0, 0, FOLD)),
    7: ((1, 0, FOLD, 0, FOLD, FOLD, 0), (0, 1, FOLD, 0, FOLD, 0, FOLD)),
    8: ((1, 0, FOLD, 0, FOLD, 0, FOLD, 0), (0, 1, FOLD, 0, 0, FOLD, 0, FOLD)),
}


def cleaned(samples: Samples) -> tuple[Samples, float]:
    """The samples with NaN, infinities and absurd values as zeros, and the peak of what is left."""
    if not samples.size:
        return samples, 0.0
    peak = float(np.maximum(samples.max(), -samples.min()))
    if peak <= LARGEST_SAMPLE:  # false for NaN too
        return samples, peak
    with np.errstate(invalid="ignore"):
        good = np.where(np.abs(samples) <= LARGEST_SAMPLE, samples, np.float32(0))
    return good, float(np.abs(good).max())


def mix(samples: Samples, channels: int) -> Samples:
    """[n, any] -> [n, channels], float32, contiguous.

    One channel is the plain mean (swresample's would be 3 dB louder). Two: a mono file gets zeros beside it, a file
    of more channels is folded so that full scale stays full scale.
    """
    have = samples.shape[1]
    if have == channels:
        return np.ascontiguousarray(samples)
    if channels == 1:
        return np.ascontiguousarray(samples.mean(axis=1, keepdims=True, dtype=np.float32))
    if have == 1:
        return np.concatenate([samples, np.zeros_like(samples)], axis=1)
    return samples @ fold_weights(have)


def fold_weights(channels: int) -> Samples:
    """[channels, 2] float32, each column summing to 1; unknown layouts alternate left and right."""
    known = FOLDS.get(channels)
    weights = np.array(known if known else [[1 - n % 2 for n in range(channels)], [n % 2 for n in range(channels)]])
    return np.ascontiguousarray((weights / weights.sum(axis=1, keepdims=True)).T, dtype=np.float32)
