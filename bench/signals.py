"""Test signals that are the same on every machine, and what a golden folder says of them; needs numpy alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

#: Hz of most test signals.
RATE = 24000


def signal(seed: int, samples: int, rate: int = RATE) -> npt.NDArray[np.float32]:
    """[samples] at `rate` Hz, below about 0.5: each second three saw-tooth waves and noise of its own.

    Pitches are whole numbers of Hz, so every step but the draws is exact; a shorter signal is the start of a longer.
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
    """The contents of a JSON file."""
    return json.loads(path.read_bytes())
