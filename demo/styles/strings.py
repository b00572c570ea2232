"""A string quartet: four led voices, long bows."""

from __future__ import annotations

import numpy as np

from demo.score import Key, Note, Part, Piece, motif, nearest, progression


def compose(rng: np.random.Generator, seconds: float, voice: int) -> Piece:
    """An adagio (artist 0) or an andante with a moving first violin (artist 1)."""
    beat = 60 / float(rng.integers(48, 60) if voice == 0 else rng.integers(66, 84))
    key = Key(int(rng.integers(48, 58)), str(rng.choice(("minor", "major", "phrygian"))))
    chords = progression(rng, 8)
    theme = motif(rng, (1.0, 1.0, 1.5, 2.0) if voice == 0 else (0.5, 0.5, 1.0, 1.5), 4)
    voices: list[list[Note]] = [[], [], [], []]
    middle: list[float] = [key.tonic + 4.0, key.tonic + 9.0, key.tonic + 14.0]
    for bar in range(int(seconds / (4 * beat)) + 1):
        start, degree = bar * 4 * beat, chords[bar % 8]
        force = 0.55 + 0.3 * np.sin(2 * np.pi * (bar + 2) / 12)
        led = nearest(key.chord(degree), middle)
        middle = [float(pitch) for pitch in led]
        bass = key.pitch(degree) - 12
        voices[0].append(Note(start, 4 * beat, bass if bass >= 36 else bass + 12, force))
        for part, pitch in zip(voices[1:3], led[:2], strict=True):
            part.append(Note(start, 2 * beat, pitch, force))
            part.append(Note(start + 2 * beat, 2 * beat, pitch, force * 0.9))
        for onset, length, step in theme if bar % 4 != 3 else [(0.0, 4.0, 2)]:
            pitch = key.pitch(degree + step) + 12
            voices[3].append(Note(start + onset * beat, length * beat, pitch, min(1.0, force + 0.15)))
    pans = (0.5, 0.2, -0.2, -0.5)
    gains = (0.9, 0.7, 0.7, 1.0)
    parts = tuple(Part("bowed", tuple(n), g, p, 0.35) for n, g, p in zip(voices, gains, pans, strict=True))
    return Piece(seconds, parts, reverb=2.2, tone=4500, peak=-5, human=0.015)
