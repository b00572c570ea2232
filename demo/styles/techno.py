"""Techno: four on the floor, an acid line, stabs into an echo."""

from __future__ import annotations

import numpy as np

from demo.score import Key, Note, Part, Piece

#: Steps (sixteenths) in a bar.
STEPS = 16


def compose(rng: np.random.Generator, seconds: float, voice: int) -> Piece:
    """Hypnotic with stabs (artist 0) or harder, acid in front (artist 1)."""
    beat = 60 / float(rng.integers(122, 129) if voice == 0 else rng.integers(131, 141))
    step = beat / 4
    key = Key(int(rng.integers(33, 41)), str(rng.choice(("minor", "phrygian", "dorian"))))
    line = _line(rng, key)
    stabs = sorted(int(s) for s in rng.choice(STEPS, size=3, replace=False))
    chord = [pitch + 24 for pitch in key.chord(int(rng.choice((0, 0, 3, 5))), 4)]
    notes: dict[str, list[Note]] = {name: [] for name in ("kick", "clap", "hat", "open_hat", "acid", "stab", "sub")}
    bars = int(seconds / (4 * beat)) + 1
    for bar in range(bars):
        start = bar * 4 * beat
        # Layers come and go every four bars; the last one before a change drops the kick.
        full, pause = bar >= 2, bar % 8 == 7
        for quarter in range(4):
            at = start + quarter * beat
            if not (pause and quarter > 1):
                notes["kick"].append(Note(at, 0.3, 36, 1.0))
            notes["open_hat"].append(Note(at + beat / 2, 0.1, 60, 0.7))
            if full and quarter % 2:
                notes["clap"].append(Note(at, 0.2, 60, 0.75))
        notes["hat"] += [Note(start + s * step, 0.05, 60, 0.7 if s % 4 else 0.45) for s in range(STEPS) if s % 4 != 2]
        sweep = 0.45 + 0.45 * np.sin(2 * np.pi * bar / 16)
        notes["acid"] += [
            Note(start + s * step, step * 0.9, pitch, min(1.0, max(0.15, sweep + accent))) for s, pitch, accent in line
        ]
        notes["sub"].append(Note(start + beat / 2, beat * 0.45, key.tonic, 0.7))
        if full:
            notes["stab"] += [Note(start + s * step, step, pitch, 0.4 + sweep / 2) for s in stabs for pitch in chord]
    loud = {"kick": 1.0, "clap": 0.45, "hat": 0.35, "open_hat": 0.4, "sub": 0.4}
    loud |= {"acid": 0.3, "stab": 0.4} if voice == 0 else {"acid": 0.55, "stab": 0.2}
    sends = {"stab": 0.5, "clap": 0.3, "acid": 0.15}
    sides = {"hat": 0.3, "open_hat": -0.3, "stab": 0.2}
    parts = tuple(
        Part(name, tuple(played), loud[name], sides.get(name, 0.0), sends.get(name, 0.02))
        for name, played in notes.items()
    )
    return Piece(seconds, parts, reverb=1.4, echo=(beat * 0.75, 0.45), drive=1.8, peak=-0.5)


def _line(rng: np.random.Generator, key: Key) -> list[tuple[int, int, float]]:
    """A bar of bass: (sixteenth, pitch, accent)."""
    tones = (0, 0, 0, 7, 7, 4, 6, 1)
    return [
        (s, key.pitch(int(rng.choice(tones))), 0.3 if rng.random() < 0.25 else 0.0)
        for s in range(STEPS)
        if rng.random() < 0.72
    ]
