"""Derives the facts about a track's sound from its spectra."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from contract.labels import SoundFacts
from workers.models.spectral.frames import Array, blocks
from workers.models.spectral.spectra import FRAME_RATE, Spectra, analyse
from workers.sound.chroma import Chroma
from workers.sound.constants import constants
from workers.sound.key import key
from workers.sound.loudness import Loudness, LoudnessMeter
from workers.sound.periodicity import Periodicity
from workers.sound.speech import SpeechMeter
from workers.sound.tempo import tempo

#: Seconds of sound without which there is no tempo, and no key.
SHORTEST_TEMPO_S: Final = 6.0
SHORTEST_KEY_S: Final = 3.0
#: Loudness in LUFS of middling energy, and the LU from there to three quarters.
MIDDLING_LUFS: Final = -16.0
LUFS_STEP: Final = 6.0
#: Onsets, in dB per frame averaged over the bands, of middling energy; likewise on a logarithmic scale.
MIDDLING_ONSETS: Final = 1.0
ONSETS_STEP: Final = 0.6


class SoundAnalyser:
    """Analyses a track block by block; its memory grows by 60 kB per minute of music."""

    def __init__(self) -> None:
        self._chroma = Chroma()
        self._rhythm = Periodicity()
        self._loudness = LoudnessMeter()
        self._voice = SpeechMeter()

    def add(self, spectra: Spectra) -> None:
        """Hear the next block."""
        chroma = self._chroma.add(spectra)
        self._rhythm.add(spectra, chroma)
        self._loudness.add(spectra)
        self._voice.add(spectra, chroma)

    def facts(self, lost_in_mix: float = 0.0) -> SoundFacts:
        """Return the facts; `lost_in_mix`: dB by which the file's channels are louder than their mix.

        `vocals` is left to the taggers.
        """
        seconds = self._rhythm.frames / FRAME_RATE
        beat = tempo(*self._rhythm.summed()) if seconds >= SHORTEST_TEMPO_S else None
        tonality = key(self._chroma.profiles()) if seconds >= SHORTEST_KEY_S else None
        loudness = self._loudness.measured(lost_in_mix)
        return SoundFacts(
            bpm=None if beat is None else round(beat.bpm, 1),
            bpm_confidence=None if beat is None else round(beat.confidence, 3),
            key=None if tonality is None else tonality.name,
            key_confidence=None if tonality is None else round(tonality.confidence, 3),
            loudness_lufs=_rounded(loudness.integrated),
            dynamic_range=_rounded(loudness.range),
            energy=_energy(loudness, self._rhythm.strength()),
            speech=self._speech(),
        )

    def _speech(self) -> float | None:
        numbers = self._voice.mean()
        if numbers is None:
            return None
        return round(_share(float(numbers @ constants().speech) + constants().speech_bias), 4)


def analyse_stream(stream: Iterable[Array], analyser: SoundAnalyser) -> bool:
    """Have `analyser` hear a mono track at `RATE`, float32 [n] of any length; return whether there is anything."""
    heard = False
    for block in blocks(stream):
        analyser.add(analyse(block))
        heard = True
    return heard


def _energy(loudness: Loudness, onsets: float) -> float | None:
    if loudness.integrated is None:
        return None
    loud = _share((loudness.integrated - MIDDLING_LUFS) / LUFS_STEP * np.log(3))
    busy = _share(np.log(max(onsets, 1e-3) / MIDDLING_ONSETS) / ONSETS_STEP * np.log(3))
    return round((loud + busy) / 2, 3)


def _share(value: float) -> float:
    """Return the logistic function of `value`."""
    return float(1 / (1 + np.exp(-np.clip(value, -30, 30))))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
