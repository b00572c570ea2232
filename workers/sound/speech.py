"""Spoken word: broad-band syllables a few times a second, short pauses, tones that glide instead of staying.

After Scheirer and Slaney 1997 (energy modulated at 4 Hz, share of quiet frames) and Seyerlehner et al. 2007
(continuity of tones).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import scipy.fft

from workers.models.spectral.frames import BLOCK_HOPS, Array
from workers.models.spectral.spectra import FRAME_RATE, Spectra

#: Names of the numbers of a block, in order.
NAMES: Final = ("syllables", "slow", "fast", "pauses", "together", "steady", "steadier", "restless", "bass", "treble")
#: Modulation frequencies in Hz: slower than syllables, syllables, faster.
SLOW, SYLLABLES, FAST = (0.3, 2.0), (2.5, 7.0), (8.0, 20.0)
#: Bands that carry speech.
SPEECH_BANDS: Final = slice(3, 17)
#: dB below the block's mean at which a frame is a pause.
PAUSE_DB: Final = 12.0
#: Pitch frames (85 ms) after which a tone is compared with itself.
LAGS: Final = (2, 5)
#: Blocks this much quieter than the loudest (dB) do not count.
QUIET_DB: Final = 30.0
#: Shortest block in frames.
SHORTEST: Final = 96


@dataclass(slots=True)
class SpeechMeter:
    """Collects the numbers of a track's blocks."""

    blocks: list[Array] = field(default_factory=list)
    levels: list[float] = field(default_factory=list)

    def add(self, spectra: Spectra, chroma: Array) -> None:
        """Add a block with its chroma [T / 4, 36]."""
        if len(spectra.rhythm) >= SHORTEST:
            self.blocks.append(numbers(spectra.rhythm, spectra.loudness, chroma))
            self.levels.append(spectra.level)

    def mean(self) -> Array | None:
        """Return the mean numbers [10] of the audible blocks; None for less than two seconds."""
        if not self.blocks:
            return None
        levels = np.array(self.levels)
        heard = np.stack(self.blocks)[levels >= levels.max() - QUIET_DB]
        return np.asarray(heard.mean(axis=0), np.float32)


def numbers(rhythm: Array, loudness: Array, chroma: Array) -> Array:
    """Return the numbers [10] of a block from bands [T, 22] and loudness [T] in dB, and chroma [T / 4, 36]."""
    bands = np.maximum(rhythm[:, SPEECH_BANDS], -40)
    moving = (bands - bands.mean(axis=0)) * np.hanning(len(bands)).astype(np.float32)[:, None]
    spectrum = np.abs(scipy.fft.rfft(moving, 2 * BLOCK_HOPS, axis=0)) ** 2
    frequencies = np.arange(len(spectrum)) * FRAME_RATE / (2 * BLOCK_HOPS)
    powers = [spectrum[(frequencies >= low) & (frequencies < high)].sum() for low, high in (SYLLABLES, SLOW, FAST)]
    total = sum(powers) + 1e-3
    mean = bands.mean(axis=1)
    own = bands.std(axis=0).mean() + 1e-3
    steps = np.abs(np.diff(loudness)).mean() if len(loudness) > 1 else 0.0
    low, high = rhythm[:, :2].mean(), rhythm[:, -4:].mean()
    steady = [float((chroma[lag:] * chroma[:-lag]).sum(axis=1).mean()) if len(chroma) > lag else 0.0 for lag in LAGS]
    shares = [power / total for power in powers]
    pauses = float((loudness < -PAUSE_DB).mean())
    return np.array([*shares, pauses, mean.std() / own, *steady, steps / 10, low / 40, high / 40], np.float32)
