"""Compute a track's features: means over its blocks, weighted by how much of each block is audible."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from workers.models.spectral import dynamics, harmony, rhythm, timbre
from workers.models.spectral.frames import Array, blocks
from workers.models.spectral.spectra import analyse

#: Blocks this many dB below the loudest do not count: silence within a track, such as before a hidden track.
QUIET_DB: Final = 40.0
#: Variance added to cepstral coefficients and their steps before the logarithm.
RIDGE, STEP_RIDGE = 2.0, 1.0

#: A track's features in the order of the vector, and their lengths.
FEATURES: Final = {
    "mfcc": 20,
    "mfcc_covariance": 210,
    "delta_covariance": 210,
    "levels": 111,
    "correlation": 231,
    "contrast": 24,
    "fluctuation": 374,
    "repetition": 180,
    "onsets": 22,
    "chroma": 12,
    "intervals": 12,
    "progression": 168,
    "following": 66,
    "register": 36,
    "dynamics": 9,
}

Features = dict[str, Array]


def describe(stream: Iterable[Array]) -> Features | None:
    """Return the features of a mono track at `RATE` by name, each float32 [length]; None if it is silent.

    The track arrives as float32 [n] of any length. Keeps 8 kB for every 11 s.
    """
    features: list[Features] = []
    levels: list[float] = []
    weights: list[float] = []
    for block in blocks(stream):
        spectra = analyse(block)
        features.append(
            timbre.describe(spectra) | rhythm.describe(spectra) | harmony.describe(spectra) | dynamics.describe(spectra)
        )
        levels.append(spectra.level)
        weights.append(float(spectra.heard.sum()))
    return _pooled(features, np.array(levels), np.array(weights)) if features else None


def _pooled(features: list[Features], levels: np.ndarray, weights: np.ndarray) -> Features:
    weights = np.where(levels > levels.max() - QUIET_DB, weights, 0.0)
    share = weights / weights.sum()
    mean = {name: np.asarray(share @ np.stack([each[name] for each in features]), np.float32) for name in features[0]}
    spread = np.sqrt(share @ (levels - share @ levels) ** 2)
    mean["mfcc_covariance"] = timbre.log_covariance(mean.pop("mfcc_moment"), mean.pop("mfcc_mean"), RIDGE)
    mean["delta_covariance"] = timbre.log_covariance(mean.pop("delta_moment"), 0.0, STEP_RIDGE)
    mean["dynamics"] = np.append(mean["dynamics"], np.float32(np.log1p(spread)))
    return {name: mean[name] for name in FEATURES}
