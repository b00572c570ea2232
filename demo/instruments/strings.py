"""Bowed, plucked and amplified strings."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from demo.synthesis import (
    Signal,
    bandpass,
    decay,
    highpass,
    lowpass,
    noise,
    oscillator,
    overdrive,
    swell,
    vibrato,
)

#: Resonances of a violin's body: (Hz, width in Hz, gain).
BODY: Final = ((280.0, 60.0, 1.0), (460.0, 90.0, 1.2), (1100.0, 400.0, 0.7), (2600.0, 900.0, 0.6))
#: Partials of a bowed or amplified string.
PARTIALS: Final = 40
SAW: Final = tuple(1.0 / k for k in range(1, PARTIALS + 1))


@lru_cache(maxsize=512)
def _through_body(hz: float) -> tuple[float, ...]:
    """Return a sawtooth's partials, filtered by a violin's body."""

    def gain(frequency: float) -> float:
        return 0.25 + sum(level / (1 + ((frequency - f) / width) ** 2) for f, width, level in BODY)

    return tuple(gain(k * hz) / k for k in range(1, PARTIALS + 1))


def bowed(hz: float, seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """Two players in unison on bowed strings, with vibrato and the rustle of the bow."""
    samples = int((seconds + 0.3) * rate)
    attack = 0.28 - 0.2 * velocity
    sound = np.zeros(samples, np.float32)
    for cents in (-4.0, 4.0):
        bend = vibrato(samples, rate, 5.2 + float(rng.random()), 11.0, 0.5, float(rng.random()))
        tuned = hz * 2 ** (cents / 1200)
        sound += oscillator(_through_body(round(hz, 2)), tuned, samples, rate, bend, float(rng.random()))
    sound += bandpass(noise(rng, samples), 1500, 5000, rate) * np.float32(0.05)
    sound = lowpass(sound, 1200 + 5000 * velocity, rate)
    stroke: Signal = sound * swell(samples, rate, attack, 0.3) * np.float32(0.3 * velocity)
    return stroke


def upright_bass(hz: float, seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """A plucked double bass: few partials, the finger's thump, a quick fall."""
    samples = int((seconds + 0.08) * rate)
    round_part = oscillator((1.0, 0.55, 0.25, 0.1, 0.05), hz, samples, rate) * decay(samples, rate, 0.7)
    string = oscillator(SAW[:16], hz, samples, rate, phase=0.3) * decay(samples, rate, 0.12) * np.float32(0.3)
    thump = lowpass(noise(rng, samples), 220, rate) * decay(samples, rate, 0.03)
    plucked: Signal = round_part + string + thump
    return plucked * swell(samples, rate, 0.004, 0.07) * np.float32(0.8 * velocity)


def _amplifier(strings: Signal, gain: float, rate: int) -> Signal:
    """Pre-amplifier, clipping valves and a closed cabinet."""
    clipped = overdrive(highpass(strings, 110, rate), gain)
    return lowpass(highpass(clipped, 75, rate), 4600, rate, order=4)


def distorted_guitar(hz: float, seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """A power chord (root, fifth, octave) through one clipping amplifier."""
    samples = int((seconds + 0.04) * rate)
    strings = np.zeros(samples, np.float32)
    for ratio, level in ((1.0, 1.0), (1.4983, 0.8), (2.0, 0.6)):
        strings += oscillator(SAW, hz * ratio, samples, rate, phase=float(rng.random())) * np.float32(level)
    strings = strings * decay(samples, rate, 2.5) + noise(rng, samples) * np.float32(0.03)
    return _amplifier(strings, 14.0, rate) * swell(samples, rate, 0.003, 0.035) * np.float32(0.45 * velocity)


def muted_guitar(hz: float, seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """The same chord, damped by the palm."""
    samples = int((min(seconds, 0.16) + 0.03) * rate)
    strings = np.zeros(samples, np.float32)
    for ratio in (1.0, 1.4983):
        strings += oscillator(SAW, hz * ratio, samples, rate, phase=float(rng.random()))
    strings = lowpass(strings, 1400, rate) * decay(samples, rate, 0.06)
    return _amplifier(strings, 10.0, rate) * swell(samples, rate, 0.002, 0.03) * np.float32(0.5 * velocity)


def lead_guitar(hz: float, seconds: float, velocity: float, rate: int, _rng: np.random.Generator) -> Signal:
    """A single overdriven string, singing."""
    samples = int((seconds + 0.06) * rate)
    string = oscillator(SAW, hz, samples, rate, vibrato(samples, rate, 5.8, 25.0, 0.35))
    return _amplifier(string, 6.0, rate) * swell(samples, rate, 0.006, 0.05) * np.float32(0.4 * velocity)
