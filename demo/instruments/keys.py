"""Struck keys and bars."""

from __future__ import annotations

from typing import Final

import numpy as np

from demo.synthesis import Signal, bandpass, decay, noise, oscillator, sine, swell

#: Inharmonicity B of a piano string: f_n = n f sqrt(1 + B n^2).
STRETCH: Final = 0.0004
#: Number of partials of a piano string.
PIANO_PARTIALS: Final = 9
#: Seconds until a released key is silent.
RELEASE: Final = 0.25


def piano(hz: float, seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """A struck string with inharmonic partials; the high ones are softer in soft notes and die first."""
    ring = 3.2 * (220.0 / hz) ** 0.45
    samples = int((min(seconds, 1.6 * ring) + RELEASE) * rate)
    sound = np.zeros(samples, np.float32)
    for n in range(1, PIANO_PARTIALS + 1):
        level = velocity ** (0.5 + 0.22 * n) / n**0.9 * (1.0 if n % 7 else 0.2)
        partial = sine(n * hz * (1 + STRETCH * n * n) ** 0.5, samples, rate, phase=float(rng.random()))
        sound += partial * decay(samples, rate, ring / (1 + 0.5 * n)) * np.float32(level)
    knock = min(samples, int(0.03 * rate))
    sound[:knock] += bandpass(noise(rng, knock), 300, 1800, rate) * decay(knock, rate, 0.008) * np.float32(velocity)
    return sound * swell(samples, rate, 0.002, RELEASE) * np.float32(0.5 * velocity)


def electric_piano(hz: float, seconds: float, velocity: float, rate: int, _rng: np.random.Generator) -> Signal:
    """A tine by frequency modulation: one octave-fifth bell partial that fades, a warm fundamental that stays."""
    samples = int((seconds + 0.2) * rate)
    time = np.arange(samples, dtype=np.float32) * np.float32(2 * np.pi / rate)
    index = 1.8 * velocity * decay(samples, rate, 0.35)
    warm = np.sin(hz * time + index * np.sin(hz * time))
    bell = np.sin(14 * hz * time) * decay(samples, rate, 0.08) if 14 * hz < 0.45 * rate else np.float32(0)
    sound = (warm + np.float32(0.12 * velocity) * bell) * decay(samples, rate, 1.6)
    return np.asarray(sound * swell(samples, rate, 0.003, 0.15) * np.float32(0.6 * velocity), np.float32)


def vibraphone(hz: float, seconds: float, velocity: float, rate: int, _rng: np.random.Generator) -> Signal:
    """A metal bar over a tube: partials 1, 4 and 10, with the motor's tremolo."""
    samples = int((seconds + 0.7) * rate)
    bar = sine(hz, samples, rate) * decay(samples, rate, 1.4)
    bar += np.float32(0.35) * sine(4 * hz, samples, rate) * decay(samples, rate, 0.45)
    bar += np.float32(0.2 * velocity) * sine(9.9 * hz, samples, rate) * decay(samples, rate, 0.06)
    motor = 1.0 + np.float32(0.35) * oscillator((1.0,), 5.2, samples, rate)
    return np.asarray(bar * motor * swell(samples, rate, 0.002, 0.5) * np.float32(0.5 * velocity), np.float32)
