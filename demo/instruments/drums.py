"""Drums and cymbals. All ignore the pitch of a note except the console's noise."""

from __future__ import annotations

from typing import Final

import numpy as np

from demo.synthesis import Signal, bandpass, decay, highpass, lowpass, noise, oscillator, sine, swell

#: Inharmonic tones of a cymbal, Hz.
CYMBAL: Final = (317.0, 465.0, 555.0, 797.0, 1103.0, 1409.0)
SQUARE: Final = tuple(1.0 / k if k % 2 else 0.0 for k in range(1, 32))


def _skin(top: float, bottom: float, fall: float, ring: float, rate: int) -> Signal:
    """A sine that falls from `top` to `bottom` Hz within `fall` seconds and rings for `ring`."""
    samples = int(4 * ring * rate)
    bend = 1.0 + (top / bottom - 1.0) * decay(samples, rate, fall)
    return oscillator((1.0,), bottom, samples, rate, bend) * decay(samples, rate, ring)


def _metal(seconds: float, low: float, rate: int, rng: np.random.Generator) -> Signal:
    samples = int(4 * seconds * rate)
    tones = sum((oscillator(SQUARE, hz, samples, rate) for hz in CYMBAL), np.zeros(samples, np.float32))
    sound = highpass(tones * np.float32(0.3) + noise(rng, samples), low, rate)
    return sound * decay(samples, rate, seconds) * swell(samples, rate, 0.001, 0.01)


def kick(_hz: float, _seconds: float, velocity: float, rate: int, _rng: np.random.Generator) -> Signal:
    """A dance machine's bass drum."""
    return _skin(260, 47, 0.035, 0.14, rate) * np.float32(1.1 * velocity)


def rock_kick(_hz: float, _seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """A short bass drum with a click."""
    drum = _skin(170, 62, 0.02, 0.06, rate)
    click = bandpass(noise(rng, len(drum)), 2500, 5000, rate) * decay(len(drum), rate, 0.006)
    return (drum + click) * np.float32(velocity)


def snare(_hz: float, _seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """A skin and its wires."""
    samples = int(0.3 * rate)
    wires = bandpass(noise(rng, samples), 1200, 7500, rate) * decay(samples, rate, 0.07)
    drum = sine(190, samples, rate) * decay(samples, rate, 0.05)
    return (wires * np.float32(1.6) + drum * np.float32(0.6)) * np.float32(velocity)


def brush(_hz: float, _seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """Wire brushes drawn over a snare."""
    samples = int(0.22 * rate)
    sound = bandpass(noise(rng, samples), 1800, 6500, rate)
    return sound * swell(samples, rate, 0.05, 0.14) * np.float32(0.5 * velocity)


def clap(_hz: float, _seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """Several hands, not quite together."""
    samples = int(0.28 * rate)
    hands = decay(samples, rate, 0.05)
    for late in (0.011, 0.023):
        hands[int(late * rate) :] += decay(samples - int(late * rate), rate, 0.04)
    return bandpass(noise(rng, samples), 900, 2600, rate) * hands * np.float32(0.8 * velocity)


def hat(_hz: float, _seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """A closed hi-hat."""
    return _metal(0.022, 7000, rate, rng) * np.float32(0.5 * velocity)


def open_hat(_hz: float, _seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """An open hi-hat."""
    return _metal(0.09, 6500, rate, rng) * np.float32(0.45 * velocity)


def ride(_hz: float, _seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """A ride cymbal, touched with the tip of the stick."""
    return _metal(0.16, 4500, rate, rng) * np.float32(0.22 * velocity)


def crash(_hz: float, _seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """A crash cymbal."""
    return _metal(0.45, 3000, rate, rng) * np.float32(0.4 * velocity)


def chip_noise(hz: float, seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """A console's noise channel: random levels held for `1 / (16 hz)` seconds."""
    samples = max(8, int(seconds * rate))
    hold = max(1, int(rate / (16 * hz)))
    levels = np.sign(noise(rng, samples // hold + 1)).repeat(hold)[:samples]
    return lowpass(levels, 9000, rate) * decay(samples, rate, seconds / 3) * np.float32(0.22 * velocity)
