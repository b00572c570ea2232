"""Pieces as notes, before any sound: keys, chords, melodies, and how a player performs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

#: Semitones above the tonic, by scale.
SCALES: Final = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
}
#: Likely next chords after a chord on a degree (degrees counted from 0).
NEXT_DEGREES: Final = {
    0: (3, 4, 5, 1, 2),
    1: (4, 4, 6, 3),
    2: (5, 3, 5),
    3: (4, 0, 1, 4),
    4: (0, 0, 5, 3),
    5: (3, 1, 4, 2),
    6: (0, 2, 0),
}


@dataclass(frozen=True, slots=True)
class Note:
    """`start` and `seconds` in seconds, `pitch` in MIDI semitones, `velocity` 0..1."""

    start: float
    seconds: float
    pitch: float
    velocity: float = 0.8


@dataclass(frozen=True, slots=True)
class Part:
    """What one instrument plays. `pan`: -1 (left) .. 1; `send`: the share that goes to the reverb."""

    instrument: str
    notes: tuple[Note, ...]
    gain: float = 1.0
    pan: float = 0.0
    send: float = 0.2


@dataclass(frozen=True, slots=True)
class Piece:
    """A composition with its room and its mastering.

    `reverb` (s) and `tone` (Hz) define the room; `echo` is (seconds, feedback) or None; `drive` > 0 is the gain into
    soft clipping; `peak` is the loudest sample in dBFS; `human` is how far (s) players stray from the beat; `hiss` is
    the level of a noise floor.
    """

    seconds: float
    parts: tuple[Part, ...]
    reverb: float = 1.2
    tone: float = 5000.0
    echo: tuple[float, float] | None = None
    drive: float = 0.0
    peak: float = -1.0
    human: float = 0.0
    hiss: float = 0.0


@dataclass(frozen=True, slots=True)
class Key:
    """A scale on a tonic (MIDI pitch)."""

    tonic: int
    scale: str

    def pitch(self, step: int) -> int:
        """Return the pitch `step` scale steps above the tonic; below it if negative."""
        steps = SCALES[self.scale]
        octave, degree = divmod(step, len(steps))
        return self.tonic + 12 * octave + steps[degree]

    def chord(self, degree: int, size: int = 3) -> tuple[int, ...]:
        """Stack thirds on a degree: 3 notes make a triad, 4 a seventh chord."""
        return tuple(self.pitch(degree + 2 * third) for third in range(size))


def progression(rng: np.random.Generator, length: int) -> list[int]:
    """Return the degrees of `length` chords: a phrase that starts on the tonic and tends to return there."""
    degrees = [0]
    while len(degrees) < length:
        degrees.append(int(rng.choice(NEXT_DEGREES[degrees[-1]])))
    if length > 2:
        degrees[-1] = 4 if degrees[-2] != 4 else 3
    return degrees


def nearest(pitches: Sequence[int], around: Sequence[float]) -> list[int]:
    """Move each pitch to the octave closest to its old voice in `around`; sorted upwards."""
    led = [int(pitch + 12 * round((old - pitch) / 12)) for pitch, old in zip(pitches, around, strict=True)]
    return sorted(led)


def motif(rng: np.random.Generator, values: Sequence[float], beats: float) -> list[tuple[float, float, int]]:
    """Make a figure of `beats` beats: (onset, length, scale step), from note `values`, small steps and a few leaps."""
    figure, onset, step = [], 0.0, int(rng.integers(0, 5))
    while onset < beats - 1e-6:
        length = min(float(rng.choice(values)), beats - onset)
        figure.append((onset, length, step))
        step += int(rng.choice((-2, -1, -1, 1, 1, 2, 3, -3)))
        step = max(-3, min(step, 9))
        onset += length
    return figure


def performed(piece: Piece, rng: np.random.Generator) -> Piece:
    """Return the piece as performed: onsets and loudness vary slightly, lengths stay."""

    def played(note: Note) -> Note:
        late, force = rng.normal(0.0, piece.human), rng.normal(1.0, 4.0 * piece.human)
        return replace(note, start=max(0.0, note.start + late), velocity=min(1.0, max(0.1, note.velocity * force)))

    if not piece.human:
        return piece
    return replace(piece, parts=tuple(replace(part, notes=tuple(map(played, part.notes))) for part in piece.parts))


def live(piece: Piece) -> Piece:
    """Return the same composition on stage: a little faster, looser, in a larger hall, with noise."""
    tempo = 1.03

    def faster(note: Note) -> Note:
        return replace(note, start=note.start / tempo, seconds=note.seconds / tempo)

    parts = tuple(replace(part, notes=tuple(map(faster, part.notes)), send=part.send + 0.15) for part in piece.parts)
    return replace(piece, parts=parts, human=piece.human * 1.5 + 0.004, reverb=piece.reverb + 0.8, hiss=0.003)


def remastered(piece: Piece) -> Piece:
    """Return the same recording, louder."""
    return replace(piece, drive=max(piece.drive, 1.4), peak=-0.3)
