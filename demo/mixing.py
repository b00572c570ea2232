"""From notes to samples: renders a piece at any sample rate, in mono or stereo."""

from __future__ import annotations

from typing import Final, TypeAlias
from zlib import crc32

import numpy as np

from demo.instruments import INSTRUMENTS
from demo.score import Note, Part, Piece
from demo.synthesis import Signal, echo, hertz, highpass, lowpass, noise, overdrive, reverb, swell

#: Note lengths are rounded to this (s), so that equal notes are rendered once.
GRID: Final = 0.02
#: Loudness steps of an instrument between silent and loudest.
DYNAMICS: Final = 8
#: Seconds of the fade-out at the end of a piece.
FADE: Final = 0.8

_Notes: TypeAlias = dict[tuple[float, int, int], Signal]


def render(piece: Piece, rate: int, channels: int) -> Signal:
    """Render the piece as `[channels, n]` at `rate` Hz, peak at `piece.peak` dBFS; the same samples every time."""
    samples = round(piece.seconds * rate)
    dry = np.zeros((channels, samples), np.float32)
    sent = np.zeros((channels, samples), np.float32)
    for part in piece.parts:
        bus = _play(part, samples, rate) * np.float32(part.gain)
        for channel, side in enumerate(_sides(part.pan, channels)):
            dry[channel] += bus * np.float32(side)
            sent[channel] += bus * np.float32(side * part.send)
    if piece.echo:
        sent += echo(sent, *piece.echo, rate)
    return _master(piece, dry + reverb(sent, piece.reverb, rate, piece.tone), rate)


def _master(piece: Piece, sound: Signal, rate: int) -> Signal:
    sound = highpass(sound, 25, rate)
    if piece.drive:
        sound = overdrive(sound / np.float32(max(float(np.abs(sound).max()), 1e-9)), piece.drive)
    sound = sound / np.float32(max(float(np.abs(sound).max()), 1e-9))
    if piece.hiss:
        rng = np.random.default_rng(7)
        sound += np.stack([lowpass(noise(rng, sound.shape[1]), 6000, rate) for _ in sound]) * np.float32(piece.hiss)
    sound *= swell(sound.shape[1], rate, 0.01, FADE)
    return np.asarray(sound * np.float32(10 ** (piece.peak / 20) / max(float(np.abs(sound).max()), 1e-9)), np.float32)


def _sides(pan: float, channels: int) -> tuple[float, ...]:
    """Return equal-power gains."""
    if channels == 1:
        return (1.0,)
    angle = (pan + 1) * np.pi / 4
    return (float(np.cos(angle)), float(np.sin(angle)))


def _play(part: Part, samples: int, rate: int) -> Signal:
    bus = np.zeros(samples, np.float32)
    made: _Notes = {}
    for note in part.notes:
        start = int(note.start * rate)
        if start >= samples:
            continue
        sound = _sound(part.instrument, note, rate, made)[: samples - start]
        bus[start : start + len(sound)] += sound
    return bus


def _sound(instrument: str, note: Note, rate: int, made: _Notes) -> Signal:
    length = max(1, round(note.seconds / GRID))
    loudness = min(DYNAMICS, max(1, round(note.velocity * DYNAMICS)))
    key = (note.pitch, length, loudness)
    if key not in made:
        rng = np.random.default_rng([crc32(instrument.encode()), int(note.pitch * 100), length, loudness])
        made[key] = INSTRUMENTS[instrument](hertz(note.pitch), length * GRID, loudness / DYNAMICS, rate, rng)
    return made[key]
