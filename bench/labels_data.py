"""The material of `bench.labels`, as the models hear it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile

from bench.corpus import Track
from bench.kept import Listening, Sample
from bench.planted import instruments, midi, speech
from bench.planted.songs import song
from workers.audio.decode import load
from workers.models.registry import FALLBACK
from workers.models.spectral.frames import RATE

#: Seed of the first song: those below it were learned from.
FIRST_SONG: Final = 1_000
#: Number of the first reading: likewise.
FIRST_READING: Final = 1
#: Readings over music, as a part of all.
OVER_MUSIC: Final = 16


def music(listening: Listening, tracks: Sequence[Track]) -> list[Sample]:
    """Hear the labelled music."""
    return [
        listening.hear("music", track.id, {"style": track.style}, partial(_itself, track.path), "fusion")
        for track in tracks
    ]


def _itself(path: Path, _target: Path) -> Path:
    return path


def songs(listening: Listening, count: int) -> list[Sample]:
    """Hear songs of planted tempo and key."""
    found = []
    for seed in range(FIRST_SONG, FIRST_SONG + count):
        made = song(seed)
        truth = {"bpm": made.bpm, "key": made.key}

        def make(path: Path, made: Any = made) -> Path:
            return midi.render(made.voices, made.bpm, path)

        found.append(listening.hear("songs", made.name, truth, make, FALLBACK))
    return found


def clicks(listening: Listening) -> list[Sample]:
    """Hear a metronome whose first beat of four is higher, at 25 tempi from 60 to 180."""
    found = []
    for bpm in range(60, 181, 5):

        def make(path: Path, bpm: int = bpm) -> Path:
            soundfile.write(path, metronome(float(bpm)), RATE)
            return path

        found.append(listening.hear("clicks", str(bpm), {"bpm": float(bpm)}, make, FALLBACK))
    return found


def metronome(bpm: float, seconds: float = 30.0) -> np.ndarray:
    """Return clicks of 30 ms, [n] at `RATE`."""
    sound = np.zeros(int(seconds * RATE), np.float32)
    at = np.arange(int(0.03 * RATE)) / RATE
    for beat in range(int(seconds * bpm / 60)):
        click = np.sin(2 * np.pi * (1500 if beat % 4 == 0 else 1000) * at) * np.exp(-at * 120) * 0.5
        start = int(beat * 60 / bpm * RATE)
        sound[start : start + len(click)] += click[: len(sound) - start].astype(np.float32)
    return sound


def playing(listening: Listening) -> list[Sample]:
    """Hear single instruments."""
    found = []
    for label, piece in instruments.pieces():

        def make(path: Path, piece: Any = piece) -> Path:
            return midi.render(piece.voices, piece.bpm, path)

        found.append(listening.hear("instruments", piece.name, {"label": label}, make, "fusion"))
    return found


def readings(listening: Listening, count: int) -> list[Sample]:
    """Hear spoken words alone."""
    return [
        listening.hear("speech", one.name, {}, partial(speech.speak, one), FALLBACK)
        for one in speech.readings(FIRST_READING, 2 * count)[::2]
    ]


def readings_over(listening: Listening, tracks: Sequence[Track]) -> list[Sample]:
    """Hear spoken words over quiet music."""
    chosen = [track for track in tracks if 60 < (track.duration or 0) < 300][:OVER_MUSIC]
    found = []
    for one, track in zip(speech.readings(FIRST_READING, OVER_MUSIC), chosen, strict=False):

        def make(path: Path, one: Any = one, track: Track = track) -> Path:
            words = load(speech.speak(one, path), RATE).samples[0]
            soundfile.write(path, speech.over(words, load(track.path, RATE).samples[0]), RATE)
            return path

        found.append(listening.hear("speech-over-music", f"{one.name}-{track.id}", {}, make, FALLBACK))
    return found
