"""Electronic voices: game console, dance machines, drones."""

from __future__ import annotations

from typing import Final

import numpy as np

from demo.synthesis import Signal, bandpass, decay, lowpass, noise, oscillator, sine, swell, vibrato

#: Partials of the electronic waves.
PARTIALS: Final = 60
SAW: Final = tuple(1.0 / k for k in range(1, PARTIALS + 1))


def _pulse(duty: float) -> tuple[float, ...]:
    """Partials of a pulse wave."""
    return tuple(float(abs(np.sin(np.pi * k * duty)) / k) for k in range(1, PARTIALS + 1))


SQUARE: Final = _pulse(0.5)
EIGHTH: Final = _pulse(0.125)
TRIANGLE: Final = tuple(1.0 / k**2 if k % 2 else 0.03 / k for k in range(1, PARTIALS + 1))


def _chip(spectrum: tuple[float, ...], hz: float, seconds: float, velocity: float, rate: int) -> Signal:
    samples = max(8, int(seconds * rate))
    # The console's volume has sixteen steps.
    fall = np.ceil(15 * (1 - 0.5 * np.linspace(0, 1, samples, dtype=np.float32))) / 15
    gate = swell(samples, rate, 0.001, 0.001)
    return np.asarray(oscillator(spectrum, hz, samples, rate) * fall * gate * np.float32(0.3 * velocity), np.float32)


def pulse(hz: float, seconds: float, velocity: float, rate: int, _rng: np.random.Generator) -> Signal:
    """A console's square wave."""
    return _chip(SQUARE, hz, seconds, velocity, rate)


def thin_pulse(hz: float, seconds: float, velocity: float, rate: int, _rng: np.random.Generator) -> Signal:
    """A console's pulse wave, an eighth wide."""
    return _chip(EIGHTH, hz, seconds, velocity, rate)


def triangle(hz: float, seconds: float, velocity: float, rate: int, _rng: np.random.Generator) -> Signal:
    """A console's triangle wave, which has only one volume."""
    samples = max(8, int(seconds * rate))
    return oscillator(TRIANGLE, hz, samples, rate) * swell(samples, rate, 0.001, 0.001) * np.float32(0.45)


def acid(hz: float, seconds: float, velocity: float, rate: int, _rng: np.random.Generator) -> Signal:
    """A saw whose resonant filter opens with the velocity and closes within the note."""
    samples = int((seconds + 0.02) * rate)
    saw = oscillator(SAW, hz, samples, rate)
    dark = lowpass(saw, 280, rate)
    peak = bandpass(saw, 500 + 1500 * velocity, 700 + 2400 * velocity, rate, order=2)
    bright = lowpass(saw, 700 + 3500 * velocity, rate) + np.float32(1.6) * peak
    opened = decay(samples, rate, 0.09)
    gain = np.float32(0.3 + 0.3 * velocity)
    return (dark + (bright - dark) * opened) * swell(samples, rate, 0.002, 0.015) * gain


def stab(hz: float, seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """Three detuned saws, short."""
    samples = int((seconds + 0.15) * rate)
    sound = np.zeros(samples, np.float32)
    for cents in (-9.0, 0.0, 9.0):
        sound += oscillator(SAW, hz * 2 ** (cents / 1200), samples, rate, phase=float(rng.random()))
    sound = lowpass(sound, 900 + 3000 * velocity, rate) * decay(samples, rate, 0.18)
    return sound * swell(samples, rate, 0.003, 0.1) * np.float32(0.25 * velocity)


def sub(hz: float, seconds: float, velocity: float, rate: int, _rng: np.random.Generator) -> Signal:
    """Little more than a sine, for loudspeakers that move air."""
    samples = int((seconds + 0.03) * rate)
    return (
        oscillator((1.0, 0.2, 0.06), hz, samples, rate) * swell(samples, rate, 0.006, 0.03) * np.float32(0.8 * velocity)
    )


def drone(hz: float, seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """Slowly beating partials, each of which comes and goes in its own time."""
    samples = int(seconds * rate)
    sound = np.zeros(samples, np.float32)
    for k, level in ((0.5, 0.5), (1.0, 1.0), (1.004, 0.8), (2.0, 0.4), (3.003, 0.25), (4.01, 0.12)):
        tide = 0.55 + 0.45 * sine(0.03 + 0.12 * float(rng.random()), samples, rate, float(rng.random()))
        sound += sine(hz * k, samples, rate, float(rng.random())) * tide * np.float32(level)
    edge = 0.35 * seconds
    return np.asarray(sound * swell(samples, rate, edge, edge) * np.float32(0.3 * velocity), np.float32)


def shimmer(hz: float, seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """A high soft tone that trembles."""
    samples = int(seconds * rate)
    bend = vibrato(samples, rate, 0.7, 8.0, 0.0, float(rng.random()))
    tone = oscillator((1.0, 0.3, 0.1), hz, samples, rate, bend)
    return tone * swell(samples, rate, 0.4 * seconds, 0.5 * seconds) * np.float32(0.25 * velocity)


def wind(hz: float, seconds: float, velocity: float, rate: int, rng: np.random.Generator) -> Signal:
    """Filtered noise around a frequency, rising and falling."""
    samples = int(seconds * rate)
    air = bandpass(noise(rng, samples), hz * 0.7, hz * 1.4, rate)
    return air * swell(samples, rate, 0.45 * seconds, 0.5 * seconds) * np.float32(0.5 * velocity)
