"""Integrated loudness and loudness range of EBU R128 (ITU-R BS.1770, EBU Tech 3342), from weighted spectra.

`pyloudnorm` needs the whole track in memory, `pyebur128` takes 0.13 s per minute of music and has no wheels for newer
Pythons; weighing spectra that exist anyway costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from workers.models.spectral.frames import Array
from workers.models.spectral.spectra import FRAME_RATE, Spectra

#: Seconds of a gating block and of a short-term block, and between two of each.
GATING_S: Final = 0.4
GATING_STEP_S: Final = 0.1
SHORT_S: Final = 3.0
SHORT_STEP_S: Final = 0.5
#: Blocks below this loudness in LUFS, or this many LU below the mean of the others, do not count.
ABSOLUTE: Final = -70.0
RELATIVE: Final = -10.0
RANGE_RELATIVE: Final = -20.0
#: Percentiles between which the loudness range lies.
RANGE: Final = (10, 95)
#: Loudness in LUFS of a weighted mean square of 1.
OFFSET: Final = -0.691


class Loudness(NamedTuple):
    """Integrated loudness in LUFS and loudness range in LU; None if the track is too short or too quiet."""

    integrated: float | None
    range: float | None


@dataclass(slots=True)
class LoudnessMeter:
    """Collects a track's weighted mean squares, block by block."""

    frames: list[Array] = field(default_factory=list)

    def add(self, spectra: Spectra) -> None:
        """Add a block."""
        self.frames.append(spectra.weighted)

    def measured(self, gain_db: float = 0.0) -> Loudness:
        """Return the loudness of the track; `gain_db`: what the mix to mono has lost."""
        squares = np.concatenate(self.frames).astype(np.float64) if self.frames else np.zeros(0)
        squares *= 10 ** (gain_db / 10)
        return Loudness(_integrated(squares), _range(squares))


def _integrated(squares: np.ndarray) -> float | None:
    blocks = _gated(_blocks(squares, GATING_S, GATING_STEP_S), RELATIVE)
    return None if blocks is None else float(_lufs(blocks.mean()))


def _range(squares: np.ndarray) -> float | None:
    blocks = _gated(_blocks(squares, SHORT_S, SHORT_STEP_S), RANGE_RELATIVE)
    if blocks is None:
        return None
    low, high = np.percentile(_lufs(blocks), RANGE)
    return float(high - low)


def _blocks(squares: np.ndarray, seconds: float, step: float) -> np.ndarray:
    """Return the mean squares of overlapping blocks; none if the track is shorter than one."""
    length, hop = round(seconds * FRAME_RATE), round(step * FRAME_RATE)
    if len(squares) < length:
        return np.zeros(0)
    sums = np.concatenate([[0.0], np.cumsum(squares)])
    starts = np.arange(0, len(squares) - length + 1, hop)
    return np.asarray((sums[starts + length] - sums[starts]) / length)


def _gated(blocks: np.ndarray, relative: float) -> np.ndarray | None:
    loud = blocks[_lufs(blocks) > ABSOLUTE]
    if not loud.size:
        return None
    kept = loud[_lufs(loud) > _lufs(loud.mean()) + relative]
    return kept if kept.size else None


def _lufs(square: np.ndarray) -> np.ndarray:
    return np.asarray(OFFSET + 10 * np.log10(np.maximum(square, 1e-12)))
