"""Tempo, key, loudness and spoken word of sounds whose truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bench.labels_data import metronome
from contract.labels import SPOKEN, SoundFacts
from workers.models.spectral.frames import RATE, Array
from workers.sound.analyser import SoundAnalyser, analyse_stream

#: Semitones above C of the triads of a cadence, by mode: I, IV, V, I.
CADENCES = {
    "major": ((0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7)),
    "minor": ((0, 3, 7), (5, 8, 12), (7, 11, 14), (0, 3, 7)),
}


def facts(sound: Any, lost_in_mix: float = 0.0) -> SoundFacts:
    analyser = SoundAnalyser()
    assert analyse_stream(np.array_split(sound.astype(np.float32), 7), analyser)
    return analyser.facts(lost_in_mix)


def tone(pitch: float, seconds: float) -> Array:
    """A note with overtones that fades."""
    at = np.arange(int(seconds * RATE)) / RATE
    frequency = 261.63 * 2 ** (pitch / 12)
    parts = sum(np.sin(2 * np.pi * frequency * n * at) / n for n in (1, 2, 3, 4))
    return np.asarray(parts * np.exp(-1.5 * at), np.float32)


def cadence(tonic: float, mode: str) -> Array:
    """Four bars of chords over their roots, three times."""
    chords = [
        sum((tone(tonic + pitch, 1.0) for pitch in chord), tone(tonic + chord[0] - 12, 1.0)) for chord in CADENCES[mode]
    ]
    return 0.05 * np.tile(np.concatenate(chords), 3)


@pytest.mark.parametrize("bpm", [62, 80, 97, 120, 143, 176])
def test_the_tempo_of_a_metronome(bpm: int) -> None:
    found = facts(metronome(float(bpm))).bpm
    assert found is not None
    assert min(abs(found / bpm / factor - 1) for factor in (0.5, 1, 2)) < 0.04


def test_noise_has_no_tempo_and_no_key() -> None:
    found = facts(np.random.default_rng(1).normal(0, 0.1, 20 * RATE))
    assert (found.bpm, found.key) == (None, None)


@pytest.mark.parametrize(
    ("tonic", "mode", "key"), [(0, "major", "C major"), (9, "minor", "A minor"), (6, "major", "F# major")]
)
def test_the_key_of_a_cadence(tonic: int, mode: str, key: str) -> None:
    assert facts(cadence(tonic, mode)).key == key


@pytest.mark.parametrize("cents", [-30, 30])
def test_the_key_of_a_recording_that_is_out_of_tune(cents: int) -> None:
    assert facts(cadence(2 + cents / 100, "major")).key == "D major"


def test_loudness_is_that_of_the_standard() -> None:
    # A sine of 997 Hz at -20 dBFS in one channel has -23.0 LUFS; in two, 3 LU more (EBU Tech 3341)
    sine = 0.1 * np.sin(2 * np.pi * 997 * np.arange(20 * RATE) / RATE)
    assert facts(sine).loudness_lufs == pytest.approx(-23.0, abs=0.1)
    assert facts(sine, 10 * np.log10(2)).loudness_lufs == pytest.approx(-20.0, abs=0.1)


def test_the_loudness_range_is_between_quiet_and_loud() -> None:
    sine = np.sin(2 * np.pi * 997 * np.arange(20 * RATE) / RATE)
    found = facts(np.concatenate([0.1 * sine, 0.01778 * sine, 0.1 * sine, 0.01778 * sine])).dynamic_range
    assert found == pytest.approx(15.0, abs=0.5)


def test_quieter_music_differs_in_loudness_only() -> None:
    loud, quiet = facts(cadence(4, "minor")), facts(0.1 * cadence(4, "minor"))
    assert loud.loudness_lufs is not None
    assert quiet.loudness_lufs == pytest.approx(loud.loudness_lufs - 20, abs=0.2)
    assert (loud.key, loud.bpm) == (quiet.key, quiet.bpm)


def test_chords_are_no_speech() -> None:
    speech = facts(cadence(0, "major")).speech
    assert speech is not None
    assert speech < SPOKEN


def test_silence_has_no_facts() -> None:
    assert not analyse_stream([np.zeros(RATE * 3, np.float32)], SoundAnalyser())


@pytest.mark.parametrize("samples", [1, 100, RATE // 2, RATE, 2 * RATE])
def test_short_sounds_have_what_can_be_known(samples: int) -> None:
    found = facts(0.1 * np.cos(np.arange(samples) / 7))
    assert (found.bpm, found.key) == (None, None)
    assert found.loudness_lufs is None or np.isfinite(found.loudness_lufs)
