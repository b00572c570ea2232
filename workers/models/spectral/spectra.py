"""The three spectra of a block, on scales that do not depend on the loudness of the track."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from workers.models.spectral.bands import apply, mel_bank, pitch_bank
from workers.models.spectral.frames import HOP, RATE, Array, Block, power

#: Samples of the windows for timbre (85 ms) and rhythm (43 ms).
TIMBRE_WINDOW, RHYTHM_WINDOW = 2048, 1024
#: Samples of the window for harmony (341 ms) and between its frames (85 ms).
PITCH_WINDOW, PITCH_HOP = 8192, 2048
#: Mel bands of timbre and rhythm, and their limits in Hz. Above 10 kHz, low bit rates leave nothing audible.
TIMBRE_BANDS, RHYTHM_BANDS = 74, 22
LOWEST, HIGHEST = 30.0, 10000.0
#: Thirds of a semitone over six octaves, from C2 (Hz) upwards.
THIRDS, PITCH_BANDS, LOWEST_PITCH = 36, 216, 65.406
#: Frames per second: of timbre and rhythm, and of harmony.
FRAME_RATE, PITCH_RATE = RATE / HOP, RATE / PITCH_HOP
#: A band counts down to this many dB below the mean power of all bands; below that is the noise floor of codecs.
FLOOR_DB: Final = 42.0
#: Frames this many dB below the block's level count as pauses.
PAUSE_DB: Final = 40.0
#: Power added before logarithms, so that silence is -140 dB.
NOTHING: Final = 1e-14

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Spectra:
    """The spectra of one block.

    `timbre` [T, 74] and `rhythm` [T, 22] are in dB relative to the block's mean power, `pitch` [T / 4, 216] in
    amplitudes, `loudness` [T] in dB relative to the mean; `heard` [T] is false in pauses; `level` is the mean power in
    dB.
    """

    timbre: Array
    rhythm: Array
    pitch: Array
    loudness: Array
    heard: Mask
    level: float


def analyse(block: Block) -> Spectra:
    """Compute the spectra of one block."""
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
    """Convert powers to dB."""
    return np.asarray(10 * np.log10(powers + np.float32(NOTHING)), np.float32)


def _floor(bands: Array) -> np.float32:
    """Return the power below which bands [T, bands] do not count."""
    return np.float32(bands.mean() * 10 ** (-FLOOR_DB / 10))
