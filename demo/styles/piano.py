"""Solo piano: broken chords under a melody, breathing."""

from __future__ import annotations

import numpy as np

from demo.score import Key, Note, Part, Piece, motif, progression

#: Orders of striking a broken chord's notes (root, third, fifth, octave).
FIGURES = ((0, 2, 3, 2, 1, 2, 3, 2), (0, 1, 2, 3, 2, 1, 2, 1), (0, 2, 1, 2, 0, 2, 1, 2), (0, 2, 3, 4, 3, 2, 3, 2))


def compose(rng: np.random.Generator, seconds: float, voice: int) -> Piece:
    """A nocturne (artist 0, slow) or an etude (artist 1, quicker and drier)."""
    beat = 60 / float(rng.integers(58, 76) if voice == 0 else rng.integers(84, 104))
    key = Key(int(rng.integers(44, 54)), str(rng.choice(("minor", "major", "dorian"))))
    chords = progression(rng, 8)
    figure = FIGURES[int(rng.integers(len(FIGURES)))]
    melodies = [motif(rng, (0.5, 1.0, 1.0, 1.5, 2.0), 4) for _ in range(2)]
    left: list[Note] = []
    right: list[Note] = []
    for bar in range(int(seconds / (4 * beat)) + 1):
        start = bar * 4 * beat
        degree = chords[bar % 8]
        force = 0.5 + 0.25 * np.sin(2 * np.pi * bar / 8) + 0.1 * (bar % 2)
        tones = [*key.chord(degree), key.chord(degree)[0] + 12, key.chord(degree)[1] + 12]
        for eighth, tone in enumerate(figure):
            accent = 0.12 if eighth == 0 else 0.0
            left.append(Note(start + eighth * beat / 2, beat * 1.6, tones[tone], 0.75 * force + accent))
        if bar % 8 != 7:
            for onset, length, step in melodies[bar // 2 % 2]:
                pitch = key.pitch(degree + step) + 24
                right.append(Note(start + onset * beat, length * beat * 1.3, pitch, force + 0.15))
    room = 1.8 if voice == 0 else 0.9
    parts = (Part("piano", tuple(left), 0.8, -0.15, 0.25), Part("piano", tuple(right), 1.0, 0.15, 0.3))
    return Piece(seconds, parts, reverb=room, tone=4000, peak=-4, human=0.012)
