"""Jazz: a swinging ride, a walking bass, comped seventh chords and a solo."""

from __future__ import annotations

import numpy as np

from demo.score import Key, Note, Part, Piece, motif

#: Degrees of common turnarounds, one a bar.
CHANGES = ((1, 4, 0, 5), (0, 5, 1, 4), (2, 5, 1, 4), (0, 3, 2, 5, 1, 4, 0, 0))
#: Where the swung eighth falls in its beat.
SWING = 0.66


def compose(rng: np.random.Generator, seconds: float, voice: int) -> Piece:
    """A trio with vibraphone (artist 0, brushes, slower) or with a horn (artist 1, quicker)."""
    beat = 60 / float(rng.integers(104, 128) if voice == 0 else rng.integers(148, 188))
    key = Key(int(rng.integers(46, 56)), str(rng.choice(("major", "dorian", "mixolydian"))))
    changes = CHANGES[int(rng.integers(len(CHANGES)))]
    licks = [motif(rng, (0.5, 0.5, 1.0, 1.5), 4) for _ in range(4)]
    walk: list[Note] = []
    comp: list[Note] = []
    solo: list[Note] = []
    for bar in range(int(seconds / (4 * beat)) + 1):
        start = bar * 4 * beat
        degree, coming = changes[bar % len(changes)], changes[(bar + 1) % len(changes)]
        chord = key.chord(degree, 4)
        line = [chord[0], chord[int(rng.integers(1, 3))], chord[2], key.pitch(coming) + int(rng.choice((-1, 1)))]
        walk += [Note(start + q * beat, beat * 0.9, pitch - 12, 0.75) for q, pitch in enumerate(line)]
        for at in ((0.0, 1 + SWING), (SWING, 3.0), (1 + SWING,), (0.0, 2 + SWING))[int(rng.integers(4))]:
            comp += [Note(start + at * beat, beat * 0.6, pitch + 12, 0.5) for pitch in chord[1:]]
        if bar % 8 != 7:
            for onset, length, step in licks[bar % 4 if bar % 8 < 6 else 3]:
                whole, part = divmod(onset, 1.0)
                at = whole + (SWING if part else 0.0)
                pitch = key.pitch(degree + step) + 12
                solo.append(Note(start + at * beat, length * beat * 0.85, pitch, float(rng.uniform(0.6, 0.9))))
    drums = _drums(int(seconds / beat) + 1, beat, voice)
    parts = (
        Part("upright_bass", tuple(walk), 0.9, 0.0, 0.05),
        Part("electric_piano", tuple(comp), 0.35, -0.35, 0.2),
        Part("vibraphone" if voice == 0 else "horn", tuple(solo), 0.8, 0.25, 0.3),
        *drums,
    )
    return Piece(seconds, parts, reverb=1.0, tone=5000, peak=-3, human=0.007)


def _drums(beats: int, beat: float, voice: int) -> tuple[Part, ...]:
    ride = [Note(b * beat, 0.3, 60, 0.8 if b % 2 else 0.6) for b in range(beats)]
    ride += [Note((b + SWING) * beat, 0.2, 60, 0.5) for b in range(1, beats, 2)]
    foot = [Note(b * beat, 0.05, 60, 0.6) for b in range(1, beats, 2)]
    swish = [Note(b * beat, 0.2, 60, 0.7 if b % 2 else 0.4) for b in range(beats)]
    return (
        Part("ride", tuple(ride), 0.7, 0.4, 0.1),
        Part("hat", tuple(foot), 0.4, -0.3, 0.05),
        Part("brush", tuple(swish), 0.7 - 0.4 * voice, 0.1, 0.1),
    )
