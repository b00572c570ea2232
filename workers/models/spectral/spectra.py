"""The three spectra of a block, on scales that do not know how loud the track is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workers.models.spectral.bands import apply, mel_bank, pitch_bank
from workers.models.spectral.frames import HOP, RATE, Array, Block, power

#: Samples of the window for timbre (85 ms) and of the one for rhythm (43 ms).
TIMBRE_WINDOW, RHYTHM_WINDOW = 2048, 1024
#: Samples of the window for harmony (341 ms) and between two of its frames (85 ms).
PITCH_WINDOW, PITCH_HOP = 8192, 2048
#: Mel bands of both, and their limits in Hz. Above 10 kHz low bit rates leave nothing to hear.
TIMBRE_BANDS, RHYTHM_BANDS = 74, 22
LOWEST, HIGHEST = 30.0, 10000.0
#: Thirds of a semitone over six octaves, from C2 (Hz) upwards.
THIRDS, PITCH_BANDS, LOWEST_PITCH = 36, 216, 65.406
#: Frames a second of timbre and rhythm, and of harmony.
FRAME_RATE, PITCH_RATE = RATE / HOP, RATE / PITCH_HOP
#: A band is heard down to so many dB below its share of the block's power: below are the noise floors of codecs.
FLOOR_DB = 42.0
#: Frames that are so many dB quieter than the block tell of its pauses, not of its sound.
PAUSE_DB = 40.0
#: Power that stands for none: -140 dB.
NOTHING = 1e-14

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Spectra:
    """One block. `timbre` [T, 74] and `rhythm` [T, 22] are dB relative to the block's mean power; `pitch` [T / 4, 216]
    amplitudes; `loudness` [T] dB relative to the mean; `heard` [T] false in pauses; `level` the mean power in dB.
    """

    timbre: Array
    rhythm: Array
    pitch: Array
    loudness: Array
    heard: Mask
    level: float


def analyse(block: Block) -> Spectra:
    """The spectra of one block."""
    timbre = apply(mel_bank(TIMBRE_WINDOW, TIMBRE_BANDS, LOWEST, HIGHEST), power(block, TIMBRE_WINDOW, HOP))
    rhythm = apply(mel_bank(RHYTHM_WINDOW, RHYTHM_BANDS, LOWEST, HIGHEST), power(block, RHYTHM_WINDOW, HOP))
    amplitudes = np.sqrt(power(block, PITCH_WINDOW, PITCH_HOP))
    pitch = apply(pitch_bank(PITCH_WINDOW, LOWEST_PITCH, PITCH_BANDS, THIRDS), amplitudes)
    total = timbre.sum(axis=1)
    level = decibels(total.mean(keepdims=True))
    loudness = decibels(total) - level
    return Spectra(
        timbre=decibels(timbre + _floor(timbre)) - level,
        rhythm=decibels(rhythm + _floor(rhythm)) - level,
        pitch=pitch,
        loudness=loudness,
        heard=loudness > -PAUSE_DB,
        level=float(level[0]),
    )


def decibels(powers: Array) -> Array:
    """10 log10 of powers."""
    return np.asarray(10 * np.log10(powers + np.float32(NOTHING)), np.float32)


def _floor(bands: Array) -> np.float32:
    """The power under which a band [T, bands] is not listened to."""
    return np.float32(bands.mean() * 10 ** (-FLOOR_DB / 10))
