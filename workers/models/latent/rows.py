"""From the latents of two channels to the rows that are enriched."""

from __future__ import annotations

import numpy as np

from broker.vectors import Vectors

#: Added below the root of a magnitude.
FLOOR = 1e-12


def rows(latents: Vectors) -> Vectors:
    """float32 [channels, 64, T], channels 1 or 2 -> [192, T]: re0, im0, re1, im1, ... and then 64 magnitudes.

    The first channel is the real part, the second the imaginary one; a mono track has none, which is zeros.
    """
    real = latents[0]
    imaginary = latents[1] if len(latents) > 1 else np.zeros_like(real)
    interleaved = np.stack([real, imaginary], axis=1).reshape(2 * len(real), -1)
    return np.concatenate([interleaved, np.sqrt(real**2 + imaginary**2 + FLOOR, dtype=np.float32)])
