"""Oscillators, envelopes, filters and reverb over float32 arrays."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import signal

#: Samples in -1..1: one channel `[n]`, or `[channels, n]` where stated.
Signal: TypeAlias = NDArray[np.float32]

#: log2 of the length of a wavetable.
TABLE_BITS: Final = 14
#: The highest partial, as a fraction of the sample rate.
TOP: Final = 0.45
#: Level at the end of a reverb's tail: -60 dB.
TAIL_LOG: Final = 6.9


@lru_cache(maxsize=512)
def _table(spectrum: tuple[float, ...]) -> Signal:
    """Return one period of the sum of `spectrum[k - 1] * sin(k x)`, peak 1."""
    bins = np.zeros(2 ** (TABLE_BITS - 1) + 1, dtype=np.complex128)
    # Alternating phases keep the crest factor low, as in real instruments.
    amplitudes = np.asarray(spectrum)
    order = np.arange(len(amplitudes))
    bins[1 : len(amplitudes) + 1] = amplitudes * np.exp(-0.5j * np.pi + 0.7j * order * order / max(len(order), 1))
    period = np.fft.irfft(bins)
    return np.asarray(period / max(np.abs(period).max(), 1e-12), dtype=np.float32)


def hertz(pitch: float) -> float:
    """Return the frequency of a MIDI pitch (69 = 440 Hz)."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def oscillator(
    spectrum: tuple[float, ...], hz: float, samples: int, rate: int, bend: Signal | None = None, phase: float = 0.0
) -> Signal:
    """Return a band-limited tone.

    `spectrum`: amplitudes of the partials 1, 2, 3..., without those above `TOP`; `bend`: a factor on the frequency per
    sample (vibrato, glide); `phase` in turns.
    """
    partials = max(1, min(len(spectrum), int(TOP * rate / (hz * (1.0 if bend is None else float(bend.max()))))))
    table = _table(spectrum[:partials])
    step = hz / rate * 2.0**32
    start = np.uint32(int(phase * 2.0**32) & 0xFFFFFFFF)
    if bend is None:
        turns = np.arange(samples, dtype=np.uint32) * np.uint32(int(step)) + start
    else:
        turns = (np.cumsum(bend, dtype=np.float64) * step).astype(np.uint64).astype(np.uint32) + start
    tone: Signal = table[turns >> np.uint32(32 - TABLE_BITS)]
    return tone


def sine(hz: float, samples: int, rate: int, phase: float = 0.0) -> Signal:
    """Return a sine, or silence if its frequency is too high for the rate."""
    return oscillator((1.0,), hz, samples, rate, phase=phase) if hz < TOP * rate else np.zeros(samples, np.float32)


def vibrato(samples: int, rate: int, hz: float, cents: float, delay: float = 0.0, phase: float = 0.0) -> Signal:
    """Return a factor on the frequency that swings by `cents` at `hz` and grows over `delay` seconds."""
    time = np.arange(samples, dtype=np.float32) / rate
    depth = np.minimum(time / delay, 1.0) if delay else 1.0
    swing = np.sin(2 * np.pi * (hz * time + phase)) * depth * np.float32(cents * np.log(2) / 1200)
    return np.asarray(1.0 + swing, dtype=np.float32)


def decay(samples: int, rate: int, seconds: float) -> Signal:
    """Return an exponential decay from 1, to 1/e after `seconds`."""
    fall = np.arange(samples, dtype=np.float32) * np.float32(-1.0 / (seconds * rate))
    np.exp(fall, out=fall)
    return fall


def swell(samples: int, rate: int, attack: float, release: float) -> Signal:
    """Return 1 with a raised-cosine rise of `attack` and fall of `release` seconds."""
    shape = np.ones(samples, dtype=np.float32)
    rise, fall = (max(1, min(int(part * rate), samples)) for part in (attack, release))
    shape[:rise] *= _raised(rise)
    shape[samples - fall :] *= _raised(fall)[::-1]
    return shape


def _raised(samples: int) -> Signal:
    return np.asarray(0.5 - 0.5 * np.cos(np.linspace(0, np.pi, samples)), dtype=np.float32)


def noise(rng: np.random.Generator, samples: int) -> Signal:
    """Return white noise, standard deviation 0.3."""
    return rng.standard_normal(samples, dtype=np.float32) * np.float32(0.3)


@lru_cache(maxsize=256)
def _sections(kind: str, low: float, high: float, rate: int, order: int) -> Any:
    edges = [low, high] if kind == "bandpass" else low or high
    return signal.butter(order, edges, kind, fs=rate, output="sos").astype(np.float32)


def lowpass(sound: Signal, hz: float, rate: int, order: int = 2) -> Signal:
    """Apply a Butterworth low-pass along the last axis."""
    if hz >= TOP * rate:
        return sound
    return np.asarray(signal.sosfilt(_sections("lowpass", 0.0, hz, rate, order), sound), dtype=np.float32)


def highpass(sound: Signal, hz: float, rate: int, order: int = 2) -> Signal:
    """Apply a Butterworth high-pass along the last axis; `hz` is limited to what the rate allows."""
    edge = min(hz, TOP * rate * 0.8)
    return np.asarray(signal.sosfilt(_sections("highpass", edge, 0.0, rate, order), sound), dtype=np.float32)


def bandpass(sound: Signal, low: float, high: float, rate: int, order: int = 1) -> Signal:
    """Apply a Butterworth band-pass along the last axis; the band is limited to what the rate allows."""
    top = min(high, TOP * rate)
    sections = _sections("bandpass", min(low, top * 0.6), top, rate, order)
    return np.asarray(signal.sosfilt(sections, sound), dtype=np.float32)


def overdrive(sound: Signal, amount: float) -> Signal:
    """Clip softly; `amount` is the gain before the curve. The peak stays below 1."""
    return np.asarray(np.tanh(sound * np.float32(amount)), dtype=np.float32)


def reverb(sound: Signal, seconds: float, rate: int, tone_hz: float) -> Signal:
    """Return the tail of a room, of the same length as `sound`.

    Convolves `sound` `[channels, n]` with decaying noise (-60 dB after `seconds`) below `tone_hz`.
    """
    samples = int(seconds * rate)
    fall = decay(samples, rate, seconds / TAIL_LOG)
    rooms = np.random.default_rng(1984).standard_normal((len(sound), samples), dtype=np.float32) * fall
    rooms = lowpass(np.asarray(rooms, dtype=np.float32), tone_hz, rate)
    rooms /= np.sqrt(np.square(rooms).sum(axis=1, keepdims=True))
    wet = signal.oaconvolve(sound, rooms, axes=1)[:, : sound.shape[1]]
    return np.asarray(wet, dtype=np.float32)


def echo(sound: Signal, seconds: float, feedback: float, rate: int) -> Signal:
    """Return repeats of `sound` `[channels, n]` every `seconds`, each `feedback` times the previous one."""
    step = max(1, int(seconds * rate))
    repeats = np.zeros_like(sound)
    gain, offset = feedback, step
    while offset < sound.shape[1] and gain > 0.02:
        # In stereo, each repeat changes sides.
        repeats[:, offset:] += sound[::-1, :-offset] * np.float32(gain)
        gain, offset, sound = gain * feedback, offset + step, sound[::-1]
    return repeats
