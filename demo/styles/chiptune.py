"""Chiptune: two pulse waves, a triangle and noise, as in an old game console."""

from __future__ import annotations

import numpy as np

from demo.score import Key, Note, Part, Piece, motif, progression


def compose(rng: np.random.Generator, seconds: float, voice: int) -> Piece:
    """A heroic march (artist 0) or a frantic chase (artist 1)."""
    beat = 60 / float(rng.integers(138, 152) if voice == 0 else rng.integers(164, 184))
    key = Key(int(rng.integers(45, 55)), str(rng.choice(("major", "mixolydian", "minor"))))
    chords = progression(rng, 8)
    values = (0.5, 0.5, 1.0, 1.5) if voice == 0 else (0.25, 0.25, 0.5, 0.5)
    phrases = [motif(rng, values, 4) for _ in range(3)]
    order = (0, 1, 0, 2)
    lead: list[Note] = []
    arpeggio: list[Note] = []
    bass: list[Note] = []
    beats: list[Note] = []
    for bar in range(int(seconds / (4 * beat)) + 1):
        start, degree = bar * 4 * beat, chords[bar % 8]
        tones = key.chord(degree)
        for onset, length, step in phrases[order[bar % 4]]:
            pitch = key.pitch(degree + step) + 24
            lead.append(Note(start + onset * beat, length * beat * 0.9, pitch, 0.9))
        arpeggio += [
            Note(start + tick * beat / 4, beat / 4, tones[tick % 3] + 12 * (1 + tick // 3 % 2), 0.5)
            for tick in range(16)
        ]
        for eighth in range(8):
            pitch = tones[0] - 12 + (12 if eighth % 2 and voice else 0)
            bass.append(Note(start + eighth * beat / 2, beat * 0.4, pitch, 1.0))
        for quarter in range(4):
            low = quarter % 2 == 0
            beats.append(Note(start + quarter * beat, 0.14, 62 if low else 86, 0.9))
            beats.append(Note(start + (quarter + 0.5) * beat, 0.05, 100, 0.5))
    parts = (
        Part("pulse" if voice == 0 else "thin_pulse", tuple(lead), 1.0, 0.1, 0.0),
        Part("thin_pulse" if voice == 0 else "pulse", tuple(arpeggio), 0.6, -0.1, 0.0),
        Part("triangle", tuple(bass), 0.9, 0.0, 0.0),
        Part("chip_noise", tuple(beats), 0.9, 0.0, 0.0),
    )
    return Piece(seconds, parts, reverb=0.2, tone=6000, peak=-2)
