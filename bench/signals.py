"""Test signals that are the same on every machine, and the facts of a golden folder; needs only numpy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

#: Sample rate of most test signals in Hz.
RATE = 24000


def signal(seed: int, samples: int, rate: int = RATE) -> npt.NDArray[np.float32]:
    """Returns [samples] at `rate` Hz, below about 0.5: each second three saw-tooth waves and its own noise.

    Pitches are whole numbers of Hz, so every step except the draws is exact; a shorter signal is a prefix of a longer
    one.
    """
    draws = np.random.default_rng(seed)
    ticks = np.arange(rate)
    seconds = []
    for _ in range(-(-samples // rate)):
        pitches = draws.integers(60, 6000, 3)
        gains = draws.uniform(0.02, 1.0, 4)
        hiss = draws.standard_normal(rate)
        waves = sum(gain * (2 * (pitch * ticks % rate) / rate - 1) for pitch, gain in zip(pitches, gains, strict=False))
        seconds.append(0.1 * (waves + 0.5 * gains[3] * hiss))
    return np.concatenate(seconds)[:samples].astype(np.float32)


def read_json(path: Path) -> Any:
    """Returns the contents of a JSON file."""
    return json.loads(path.read_bytes())
