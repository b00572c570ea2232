"""Short synthesised pieces that differ in what `spectral` should hear."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from workers.models.spectral.frames import RATE

Signal = npt.NDArray[np.float32]


def note(hertz: float, seconds: float, overtones: int, decay: float) -> Signal:
    """[n] float32: a tone that decays with `decay` per second."""
    t = np.arange(int(seconds * RATE)) / RATE
    wave = sum(np.sin(2 * np.pi * hertz * k * t) / k for k in range(1, overtones + 1) if hertz * k < RATE / 2)
    return np.asarray(wave * np.exp(-decay * t) * np.minimum(1, t * 200), np.float32)


def piece(
    pitches: Sequence[int], beat: float = 0.4, seconds: float = 25.0, overtones: int = 6, decay: float = 4.0
) -> Signal:
    """[n] float32: the MIDI pitches again and again, one each `beat` seconds, over a soft drone."""
    length = int(seconds * RATE)
    out = np.zeros(length + RATE * 2, np.float32)
    for n in range(int(seconds / beat)):
        tone = note(440 * 2 ** ((pitches[n % len(pitches)] - 69) / 12), min(2 * beat, 1.9), overtones, decay)
        start = int(n * beat * RATE)
        out[start : start + len(tone)] += tone
    return np.asarray(0.2 * out[:length], np.float32)


def noise(seconds: float, seed: int = 0) -> Signal:
    """[n] float32: white noise in pulses."""
    t = np.arange(int(seconds * RATE)) / RATE
    raw = np.random.default_rng(seed).standard_normal(len(t))
    return np.asarray(0.1 * raw * (0.2 + (t % 0.5 < 0.1)), np.float32)


#: A slow and a fast piece, and noise: three tracks that no listener would mix up.
CALM = (57, 60, 64, 69, 64, 60)
LIVELY = (72, 76, 79, 84, 79, 76, 74, 71)
