"""Sung and blown sounds: a source through the resonances of a mouth or a bell."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from demo.synthesis import Signal, bandpass, noise, oscillator, swell, vibrato

#: Formants of sung vowels: (Hz, width in Hz, gain).
VOWELS: Final = {
    "a": ((700.0, 110.0, 1.0), (1150.0, 120.0, 0.6), (2800.0, 250.0, 0.25), (3500.0, 300.0, 0.12)),
    "o": ((430.0, 80.0, 1.0), (780.0, 100.0, 0.45), (2600.0, 250.0, 0.1), (3300.0, 300.0, 0.05)),
}
#: Partials of a voice.
PARTIALS: Final = 40
#: Singers in a part of the choir.
SINGERS: Final = 3


@lru_cache(maxsize=512)
def _sung(hz: float, vowel: str) -> tuple[float, ...]:
    def gain(frequency: float) -> float:
        return 0.02 + sum(level / (1 + ((frequency - f) / width) ** 2) for f, width, level in VOWELS[vowel])

    return tuple(gain(k * hz) / k**0.7 for k in range(1, PARTIALS + 1))


def _choir(vowel: str, hz: float, seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    samples = int((seconds + 0.4) * rate)
    sound = np.zeros(samples, np.float32)
    for _ in range(SINGERS):
        bend = vibrato(samples, rate, 4.6 + 1.2 * float(rng.random()), 16.0, 0.4, float(rng.random()))
        tuned = hz * 2 ** (float(rng.normal(0, 7)) / 1200)
        sound += oscillator(_sung(round(hz, 2), vowel), tuned, samples, rate, bend, float(rng.random()))
    sound += bandpass(noise(rng, samples), 2500, 6000, rate) * np.float32(0.03)
    return sound * swell(samples, rate, 0.25, 0.4) * np.float32(0.25 * velocity)


def choir_a(hz: float, seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """A part of a choir on an open vowel."""
    return _choir("a", hz, seconds, velocity, rate, rng)


def choir_o(hz: float, seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """A part of a choir on a dark vowel."""
    return _choir("o", hz, seconds, velocity, rate, rng)


def horn(hz: float, seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """A reed or brass solo: brighter when louder, with breath."""
    samples = int((seconds + 0.08) * rate)
    steep = 1.9 - 0.9 * velocity
    spectrum = tuple(round(k**-steep, 4) for k in range(1, 26))
    tone = oscillator(spectrum, hz, samples, rate, vibrato(samples, rate, 5.0, 14.0, 0.3))
    breath = bandpass(noise(rng, samples), 1200, 4000, rate) * np.float32(0.06)
    return (tone + breath) * swell(samples, rate, 0.035, 0.08) * np.float32(0.45 * velocity)
