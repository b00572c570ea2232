"""Timbre: the shape of the spectrum, how it varies, how it moves, how far tones stand out from it.

MFCC: Davis and Mermelstein 1980. Covariance of MFCC as a model of timbre: Mandel and Ellis 2005. Percentiles and
correlations of bands: the spectral and correlation patterns of Seyerlehner et al. 2010. Contrast: Jiang et al. 2002.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from workers.models.spectral.bands import cosines
from workers.models.spectral.frames import Array
from workers.models.spectral.spectra import TIMBRE_BANDS, Spectra

#: Numbers of cepstral coefficients: of the means, which include the first one, and of the covariances, which do not.
COEFFICIENTS, MOVING = 20, 20
#: Percentiles of the level of a band.
PERCENTILES: Final = (10, 50, 90)
#: Thirds of a semitone per region of the contrast (half an octave).
REGION: Final = 18
#: Amplitude relative to the mean that fills the valleys between tones, as codecs do.
VALLEY: Final = 0.03
#: Level in dB added to a band's deviation before correlating, so that bands that hardly move do not correlate.
STILL_DB: Final = 1.0


def describe(spectra: Spectra) -> dict[str, Array]:
    """Return the features of one block by name."""
    heard = spectra.timbre[spectra.heard]
    cepstra = heard @ cosines(TIMBRE_BANDS, MOVING + 1)
    moving = cepstra[:, 1:]
    steps = moving[2:] - moving[:-2]
    pairs = heard.reshape(len(heard), -1, 2).mean(axis=2)
    return {
        "mfcc": cepstra.mean(axis=0)[:COEFFICIENTS],
        "mfcc_mean": moving.mean(axis=0),
        "mfcc_moment": moment(moving),
        "delta_moment": moment(steps),
        "levels": np.percentile(pairs, PERCENTILES, axis=0).ravel(),
        "correlation": correlation(spectra.rhythm[spectra.heard]),
        "contrast": contrast(spectra.pitch),
    }


@cache
def triangle(size: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return rows and columns of the upper triangle, diagonal included."""
    return np.triu_indices(size)


def moment(rows: Array) -> Array:
    """Return the upper triangle [d (d + 1) / 2] of the mean outer product of rows [n, d]; zeros without rows."""
    return np.asarray((rows.T @ rows / max(len(rows), 1))[triangle(rows.shape[1])])


def log_covariance(moments: Array, means: Array | float, ridge: float) -> Array:
    """Return the upper triangle of a covariance's matrix logarithm (log-Euclidean metric, Arsigny et al. 2006).

    Off-diagonal values are multiplied by the square root of 2, so that Euclidean distances equal those of the matrices.
    `ridge` is added to every variance.
    """
    size = int((np.sqrt(8 * len(moments) + 1) - 1) / 2)
    full = np.zeros((size, size))
    full[triangle(size)] = moments
    full = full + np.triu(full, 1).T - np.outer(means, means) + ridge * np.eye(size)
    values, vectors = np.linalg.eigh(full)
    logarithm = (vectors * np.log(np.maximum(values, 1e-6))) @ vectors.T
    logarithm *= np.where(np.eye(size) > 0, 1.0, np.sqrt(2))
    return np.asarray(logarithm[triangle(size)], np.float32)


def correlation(levels: Array) -> Array:
    """Return the correlations [b (b - 1) / 2] between bands, given their levels [n, b] in dB."""
    centred = levels - levels.mean(axis=0)
    scaled = centred / (centred.std(axis=0) + np.float32(STILL_DB))
    return np.asarray((scaled.T @ scaled / len(scaled))[np.triu_indices(levels.shape[1], 1)])


def contrast(pitch: Array) -> Array:
    """Return the dB between the strongest sixth and the middle of each half octave: means, then deviations [24]."""
    levels = 20 * np.log10(pitch + pitch.mean() * np.float32(VALLEY) + np.float32(1e-12))
    ranked = np.sort(levels.reshape(len(levels), -1, REGION), axis=2)
    height = ranked[:, :, -3:].mean(axis=2) - ranked[:, :, 4:12].mean(axis=2)
    return np.concatenate([height.mean(axis=0), height.std(axis=0)])
