"""Tempo: which beat explains a track's periodicity best, told from its half and its double.

A candidate is judged by how strongly onsets repeat at fractions and multiples of its period, so the same rhythm at
another tempo looks the same. A small network, learned on songs of known tempo (`python -m bench.labels_constants`),
weighs that.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter1d

from workers.models.spectral.frames import Array
from workers.models.spectral.spectra import FRAME_RATE
from workers.sound.constants import constants
from workers.sound.periodicity import POINTS

#: Candidates: the lowest and highest tempo in beats per minute, and how many per octave.
LOWEST: Final = 57.0
HIGHEST: Final = 188.0
PER_OCTAVE: Final = 48
COUNT: Final = int(np.log2(HIGHEST / LOWEST) * PER_OCTAVE + 1.5)
CANDIDATES: Final[Array] = (LOWEST * 2 ** (np.arange(COUNT) / PER_OCTAVE)).astype(np.float32)
#: Multiples of a candidate's period and of its frequency at which it is judged.
PERIODS: Final = (0.25, 1 / 3, 0.5, 2 / 3, 0.75, 1, 4 / 3, 1.5, 2, 3, 4)
FREQUENCIES: Final = (0.25, 1 / 3, 0.5, 2 / 3, 1, 1.5, 2, 3, 4)
#: Beats per minute around which tempi are most common.
COMMON: Final = 105.0
#: Candidates on either side that count as the same tempo (4 %).
NEAR: Final = 3
#: Frames by which correlations and spectra are blurred.
BLUR: Final = (0.7, 1.0)
#: Least confidence, and least strength of the strongest repetition, at which a track has a tempo at all: noise reaches
#: 0.16, songs from 0.33 on.
LEAST: Final = 0.2
LEAST_REPETITION: Final = 0.25


class Tempo(NamedTuple):
    """Beats per minute, and how sure that is, from 0 to 1."""

    bpm: float
    confidence: float


def tempo(correlation: Array, spectrum: Array) -> Tempo | None:
    """Return the tempo of a track's periodicity; None if nothing repeats."""
    if not repeats(correlation):
        return None
    scores = tempo_scores(evidence(correlation, spectrum, CANDIDATES))
    likely = np.exp(scores - scores.max())
    likely /= likely.sum()
    best = int(likely.argmax())
    near = slice(max(0, best - NEAR), best + NEAR + 1)
    confidence = float(likely[near].sum())
    bpm = float((likely[near] * CANDIDATES[near]).sum() / likely[near].sum())
    return Tempo(bpm, confidence) if confidence >= LEAST else None


def repeats(correlation: Array) -> bool:
    """Return whether any onset curve repeats at some lag from a third of a second on; harmony alone does not count."""
    return bool(correlation[:-1, round(FRAME_RATE / 3) :].max(initial=0.0) >= LEAST_REPETITION)


def tempo_scores(evidence: Array) -> Array:
    """Return a score for every candidate, from its evidence [candidates, numbers]."""
    net = constants().tempo
    octaves = np.log2(CANDIDATES / COMMON)
    inputs = np.concatenate([(evidence - net.mean) / net.deviation, octaves[:, None], octaves[:, None] ** 2], axis=1)
    return np.asarray(np.tanh(inputs @ net.hidden + net.bias) @ net.out + inputs @ net.direct, np.float32)


def evidence(correlation: Array, spectrum: Array, candidates: Array) -> Array:
    """Return what speaks for each candidate, [candidates, 120]."""
    blurred = gaussian_filter1d(correlation, BLUR[0], axis=1)
    amplitudes = gaussian_filter1d(np.sqrt(spectrum), BLUR[1], axis=1)
    lags = np.arange(correlation.shape[1])
    frequencies = np.arange(spectrum.shape[1]) * FRAME_RATE / POINTS
    seconds = 60 / candidates
    found = []
    for curve, amplitude in zip(blurred, amplitudes, strict=True):
        found += [np.interp(seconds * each * FRAME_RATE, lags, curve, right=0) for each in PERIODS]
        found += [np.interp(each / seconds, frequencies, amplitude, right=0) for each in FREQUENCIES]
    return np.stack(found, axis=1).astype(np.float32)
