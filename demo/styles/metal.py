"""Metal: clipped power chords, palm mutes, two bass drums."""

from __future__ import annotations

import numpy as np

from demo.score import Key, Note, Part, Piece, motif

#: Steps (sixteenths) in a bar.
STEPS = 16


def compose(rng: np.random.Generator, seconds: float, voice: int) -> Piece:
    """Slow and heavy (artist 0) or fast (artist 1)."""
    beat = 60 / float(rng.integers(92, 112) if voice == 0 else rng.integers(150, 176))
    key = Key(int(rng.integers(37, 43)), str(rng.choice(("phrygian", "minor"))))
    riffs = [_riff(rng, key) for _ in range(2)]
    solo = [motif(rng, (0.25, 0.25, 0.5, 1.0), 4) for _ in range(2)]
    names = ("distorted_guitar", "muted_guitar", "lead_guitar", "sub", "rock_kick", "snare", "crash", "hat")
    notes: dict[str, list[Note]] = {name: [] for name in names}
    for bar in range(int(seconds / (4 * beat)) + 1):
        start, step = bar * 4 * beat, beat / 4
        for at, length, pitch, muted in riffs[bar // 4 % 2]:
            played = Note(start + at * step, length * step * 0.95, pitch, 0.9)
            notes["muted_guitar" if muted else "distorted_guitar"].append(played)
            notes["sub"].append(Note(start + at * step, length * step * 0.9, pitch - 12, 0.6))
            notes["rock_kick"].append(Note(start + at * step, 0.2, 36, 0.95))
        if voice and bar % 4 > 1:
            notes["rock_kick"] += [Note(start + s * step, 0.2, 36, 0.75) for s in range(1, STEPS, 2)]
        notes["snare"] += [Note(start + quarter * beat, 0.2, 60, 1.0) for quarter in (1, 3)]
        notes["hat"] += [Note(start + eighth * beat / 2, 0.1, 60, 0.8) for eighth in range(8)]
        if bar % 4 == 0:
            notes["crash"].append(Note(start, 1.0, 60, 0.9))
        if bar // 4 % 2:
            for onset, held, degree in solo[bar % 2]:
                pitch = key.pitch(degree) + 36
                notes["lead_guitar"].append(Note(start + onset * beat, held * beat * 0.95, pitch, 0.9))
    loud = {"distorted_guitar": 0.8, "muted_guitar": 0.8, "lead_guitar": 0.5, "sub": 0.5}
    loud |= {"rock_kick": 0.6, "snare": 0.5, "crash": 0.6, "hat": 0.3}
    sides = {"distorted_guitar": -0.4, "muted_guitar": 0.4, "lead_guitar": 0.15, "crash": -0.3, "hat": 0.3}
    parts = tuple(
        Part(name, tuple(played), loud[name], sides.get(name, 0.0), 0.08 if name != "sub" else 0.0)
        for name, played in notes.items()
    )
    return Piece(seconds, parts, reverb=0.8, drive=2.2, peak=-0.3, human=0.003)


def _riff(rng: np.random.Generator, key: Key) -> list[tuple[int, int, int, bool]]:
    """A bar of guitar: (sixteenth, length in sixteenths, pitch, palm-muted)."""
    riff, at = [], 0
    while at < STEPS:
        muted = bool(rng.random() < 0.6)
        length = min(STEPS - at, int(rng.choice((1, 2)) if muted else rng.choice((2, 3, 4))))
        degree = 0 if muted else int(rng.choice((0, 1, 2, 3, 5, -1)))
        riff.append((at, length, key.pitch(degree), muted))
        at += length
    return riff
