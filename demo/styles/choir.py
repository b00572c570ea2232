"""Choir: a hymn in four parts in a cathedral."""

from __future__ import annotations

import numpy as np

from demo.score import Key, Note, Part, Piece, nearest, progression

#: Rhythms of a bar, in beats.
RHYTHMS = ((4.0,), (2.0, 2.0), (3.0, 1.0), (2.0, 1.0, 1.0))


def compose(rng: np.random.Generator, seconds: float, voice: int) -> Piece:
    """Low voices on a dark vowel (artist 0) or a mixed choir on an open one (artist 1)."""
    beat = 60 / float(rng.integers(52, 66) if voice == 0 else rng.integers(64, 80))
    key = Key(int(rng.integers(48, 55)) - 3 * (1 - voice), str(rng.choice(("major", "minor", "mixolydian"))))
    chords = progression(rng, 16)
    rhythm = [RHYTHMS[int(rng.integers(len(RHYTHMS)))] for _ in range(4)]
    voices: list[list[Note]] = [[], [], [], []]
    upper: list[float] = [key.tonic + 4.0, key.tonic + 7.0, key.tonic + 12.0]
    bar, index = 0, 0
    while bar * 4 * beat < seconds:
        start = bar * 4 * beat
        for length in rhythm[bar % 4]:
            degree = chords[index % 16]
            force = 0.55 + 0.3 * np.sin(2 * np.pi * index / 16)
            led = nearest(key.chord(degree), upper)
            upper = [float(pitch) for pitch in led]
            bass = key.pitch(degree) - 12
            for part, pitch in zip(voices, (bass if bass >= 40 else bass + 12, *led), strict=True):
                part.append(Note(start, length * beat * 0.94, pitch, force))
            start += length * beat
            index += 1
        bar += 1
    pans = (0.4, 0.15, -0.15, -0.4)
    instrument = "choir_o" if voice == 0 else "choir_a"
    parts = tuple(Part(instrument, tuple(n), 0.8, p, 0.6) for n, p in zip(voices, pans, strict=True))
    return Piece(seconds, parts, reverb=3.5, tone=4000, peak=-6, human=0.02)
