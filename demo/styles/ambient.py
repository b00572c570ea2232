"""Ambient: drones that overlap, air, and single high tones far away."""

from __future__ import annotations

import numpy as np

from demo.score import Key, Note, Part, Piece


def compose(rng: np.random.Generator, seconds: float, voice: int) -> Piece:
    """Dark with wind (artist 0) or bright with more shimmer (artist 1)."""
    key = Key(int(rng.integers(36, 46)) + 7 * voice, str(rng.choice(("lydian", "dorian", "minor"))))
    drones: list[Note] = []
    high: list[Note] = []
    length = min(float(rng.uniform(9, 14)), seconds)
    degrees = [int(rng.choice((0, 0, 3, 4, 5))) for _ in range(5)]
    for index, start in enumerate(np.arange(-0.35 * length, seconds, 0.6 * length)):
        chord = key.chord(degrees[index % 5], 4)
        tones = (chord[0], chord[2], chord[1] + 12)
        drones += [Note(max(0.0, float(start)), length, pitch, float(rng.uniform(0.5, 0.9))) for pitch in tones]
    moment = 1.0
    while moment < seconds:
        step = int(rng.choice((0, 2, 4, 6, 7, 9)))
        held = float(np.round(rng.uniform(3, 6), 1))
        high.append(Note(moment, held, key.pitch(step) + 36, float(rng.uniform(0.3, 0.7))))
        moment += float(rng.exponential(4.5 if voice == 0 else 2.0)) + 0.5
    air = [
        Note(float(start), 11.0, float(rng.integers(70, 92)), float(rng.uniform(0.3, 0.9)))
        for start in np.arange(0, seconds, 8.0)
    ]
    parts = (
        Part("drone", tuple(drones), 1.0, 0.0, 0.5),
        Part("shimmer", tuple(high), 0.25 + 0.2 * voice, 0.3, 0.8),
        Part("wind", tuple(air), 0.3 - 0.15 * voice, -0.2, 0.5),
    )
    return Piece(seconds, parts, reverb=4.0, tone=2500 + 1500 * voice, peak=-9)
