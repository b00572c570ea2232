"""Dynamics: how loudness is distributed, how much it changes, and how much of a block is audible."""

from __future__ import annotations

from typing import Final

import numpy as np

from workers.models.spectral.frames import Array
from workers.models.spectral.spectra import Spectra

#: Percentiles of the frames' loudness.
PERCENTILES: Final = (5, 25, 50, 75, 95)
#: Loudness in dB below which a frame's exact value does not matter.
LOWEST_DB: Final = -60.0


def describe(spectra: Spectra) -> dict[str, Array]:
    """Return the features of one block by name."""
    loudness = np.maximum(spectra.loudness, np.float32(LOWEST_DB))
    heard = loudness[spectra.heard]
    restless = np.abs(np.diff(heard)).mean() if len(heard) > 1 else np.float32(0)
    spread = np.percentile(heard, PERCENTILES)
    values = [*spread, loudness.std(), restless, spectra.heard.mean()]
    return {"dynamics": np.array(values, np.float32)}
