"""Songs of planted tempo and key: a groove, a bass, chords and a tune, played by General MIDI instruments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from bench.planted.midi import Note, Voice
from contract.labels import PITCHES

KICK, RIM, SNARE, CLAP, HAT, OPEN, RIDE, TOM, SHAKER, CONGA = 36, 37, 38, 39, 42, 46, 51, 45, 70, 63


class Groove(NamedTuple):
    """A bar: its beats, steps per beat, drums (pattern by pitch, a digit is the force), and how chords are played."""

    beats: int
    steps: int
    drums: Mapping[int, str]
    chords: str


#: x: a hit. Chord patterns: `x` strikes all tones, `a` the next tone of a broken chord, `-` holds.
GROOVES: Final[Mapping[str, Groove]] = {
    "rock": Groove(
        4, 4, {KICK: "x.......x.x.....", SNARE: "....x.......x...", HAT: "x.x.x.x.x.x.x.x."}, "x---x---x---x---"
    ),
    "four": Groove(
        4, 4, {KICK: "x...x...x...x...", CLAP: "....x.......x...", OPEN: "..x...x...x...x."}, "..x...x...x...x."
    ),
    "funk": Groove(
        4, 4, {KICK: "x..x..x...x.....", SNARE: "....x..x.x..x...", HAT: "xxxxxxxxxxxxxxxx"}, "x..x......x..x.."
    ),
    "swing": Groove(4, 3, {RIDE: "x..x.xx..x.x", HAT: "...x.....x..", KICK: "x..........."}, "x....x......"),
    "waltz": Groove(3, 4, {KICK: "x...........", SNARE: "....x...x...", HAT: "x...x...x..."}, "....x---x---"),
    "shuffle": Groove(4, 3, {KICK: "x.....x....x", SNARE: "...x.....x..", HAT: "x.xx.xx.xx.x"}, "x.xx.xx.xx.x"),
    "bossa": Groove(
        4, 4, {KICK: "x..xx..xx..xx..x", RIM: "x..x..x...x..x..", SHAKER: "x.x.x.x.x.x.x.x."}, "x--x--x---x--x--"
    ),
    "march": Groove(2, 4, {KICK: "x.......", SNARE: "x.xxx.x.", HAT: "....x..."}, "..x---x-"),
    "disco": Groove(
        4, 4, {KICK: "x...x...x...x...", SNARE: "....x.......x...", HAT: "x.xxx.xxx.xxx.xx"}, "x.xx..x.x.xx..x."
    ),
    "soul": Groove(
        4, 4, {KICK: "x......xx.......", SNARE: "....x.......x...", RIDE: "x.x.x.x.x.x.x.x."}, "x-------x--x----"
    ),
    "latin": Groove(
        4, 4, {CONGA: "x.x.x.xxx.x.x.xx", KICK: "x..x....x..x....", SHAKER: "xxxxxxxxxxxxxxxx"}, "x..x..x.x..x..x."
    ),
    "metal": Groove(
        4, 4, {KICK: "x.xxx.xxx.xxx.xx", SNARE: "....x.......x...", RIDE: "x...x...x...x..."}, "x.xxx.xxx.xxx.xx"
    ),
    "strummed": Groove(4, 4, {}, "x...x.x...x.x.x."),
    "broken": Groove(4, 4, {}, "a.a.a.a.a.a.a.a."),
    "chorale": Groove(4, 4, {}, "x---x---x---x---"),
    "ostinato": Groove(4, 4, {}, "aaaaaaaaaaaaaaaa"),
}
#: Programs of General MIDI for chords, tune and bass.
CHORD_PROGRAMS: Final = (0, 4, 16, 19, 24, 25, 27, 48, 50, 81, 89)
TUNE_PROGRAMS: Final = (0, 11, 22, 40, 56, 65, 68, 73, 80)
BASS_PROGRAMS: Final = (32, 33, 38)
SCALES: Final = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
#: Degrees of common progressions, one chord a bar or half a bar.
PROGRESSIONS: Final = {
    "major": ((0, 3, 4, 0), (0, 4, 5, 3), (0, 5, 3, 4), (0, 1, 4, 0), (5, 3, 0, 4), (0, 3, 0, 4), (0, 2, 3, 4)),
    "minor": ((0, 3, 4, 0), (0, 5, 2, 6), (0, 6, 5, 4), (0, 3, 6, 2), (0, 5, 3, 4), (0, 0, 3, 4), (0, 6, 5, 6)),
}


@dataclass(frozen=True, slots=True)
class Song:
    """A song and its truth; `key` such as "A minor"."""

    name: str
    bpm: float
    key: str
    voices: tuple[Voice, ...]


def song(seed: int, seconds: float = 30.0) -> Song:
    """Return the song of a seed: the same every time, its tempo from 60 to 180 beats per minute."""
    rng = np.random.default_rng(seed)
    name = list(GROOVES)[seed % len(GROOVES)]
    groove = GROOVES[name]
    bpm = float(rng.integers(60, 181))
    mode = str(rng.choice(("major", "minor")))
    tonic = int(rng.integers(12))
    bars = max(4, round(seconds * bpm / 60 / groove.beats))
    score = _Score(rng, groove, bars, 48 + tonic, mode)
    voices = [Voice(None, tuple(score.drums()))] if groove.drums else []
    voices.append(Voice(int(rng.choice(CHORD_PROGRAMS)), tuple(score.chords())))
    if rng.random() < 0.8:
        voices.append(Voice(int(rng.choice(BASS_PROGRAMS)), tuple(score.bass())))
    if rng.random() < 0.7:
        voices.append(Voice(int(rng.choice(TUNE_PROGRAMS)), tuple(score.tune())))
    return Song(f"{name}-{seed}", bpm, f"{PITCHES[tonic]} {mode}", tuple(voices))


class _Score:
    """The notes of a song, bar by bar."""

    def __init__(self, rng: np.random.Generator, groove: Groove, bars: int, tonic: int, mode: str) -> None:
        self._rng, self._groove, self._bars, self._tonic, self._mode = rng, groove, bars, tonic, mode
        self._degrees = PROGRESSIONS[mode][int(rng.integers(len(PROGRESSIONS[mode])))]

    def _pitch(self, step: int) -> int:
        octave, degree = divmod(step, 7)
        return self._tonic + 12 * octave + SCALES[self._mode][degree]

    def _chord(self, bar: int) -> list[int]:
        degree = self._degrees[bar % len(self._degrees)]
        tones = [self._pitch(degree + 2 * third) for third in range(3)]
        if self._mode == "minor" and degree == 4:
            tones[1] += 1  # the dominant of a minor key is major
        return tones

    def _starts(self, pattern: str) -> list[tuple[int, float, float, str]]:
        """Return (bar, beat, beats until the next mark, mark) of a pattern through the whole song."""
        found = []
        marks = [(at, mark) for at, mark in enumerate(pattern) if mark not in ".-"]
        for bar in range(self._bars):
            for at, mark in marks:
                held = 1
                while at + held < len(pattern) and pattern[at + held] == "-":
                    held += 1
                found.append((bar, bar * self._groove.beats + at / self._groove.steps, held / self._groove.steps, mark))
        return found

    def drums(self) -> list[Note]:
        found = []
        for pitch, pattern in self._groove.drums.items():
            whole = (pattern * 8)[: self._groove.beats * self._groove.steps]
            for _, at, _, _ in self._starts(whole):
                if self._rng.random() < 0.97:
                    strong = 100 if at % 1 == 0 else 80
                    found.append(Note(at, 0.2, pitch, strong + int(self._rng.integers(-12, 13))))
        return found

    def chords(self) -> list[Note]:
        found, turn = [], 0
        for bar, at, length, mark in self._starts(self._groove.chords):
            tones = [tone + 12 for tone in self._chord(bar)]
            if mark == "a":
                tones, turn = [tones[(0, 1, 2, 1)[turn % 4]]], turn + 1
            found += [Note(at, length * 0.95, tone, 75 + int(self._rng.integers(-8, 9))) for tone in tones]
        return found

    def bass(self) -> list[Note]:
        beats, walking = self._groove.beats, self._rng.random() < 0.4
        found = []
        for bar in range(self._bars):
            root = self._chord(bar)[0] - 12
            fifth = root + 7
            line = [root, root, fifth, root] if walking else [root, None, fifth, None]
            for beat, pitch in enumerate(line[:beats]):
                if pitch is not None:
                    found.append(Note(bar * beats + beat, 0.9 if walking else 1.8, pitch, 90))
        return found

    def tune(self) -> list[Note]:
        rng, beats = self._rng, self._groove.beats
        values = (0.5, 1.0, 1.0, 2.0) if self._groove.steps == 4 else (1.0, 1.0, 2.0)
        found, step = [], 0
        for bar in range(self._bars):
            degree, at = self._degrees[bar % len(self._degrees)], 0.0
            step = degree + int(rng.choice((0, 2, 4)))
            while at < beats:
                length = min(float(rng.choice(values)), beats - at)
                if rng.random() < 0.85:
                    found.append(Note(bar * beats + at, length * 0.9, self._pitch(step) + 24, 85))
                step += int(rng.choice((-2, -1, -1, 1, 1, 2)))
                step = max(-2, min(step, 9))
                at += length
        return found
