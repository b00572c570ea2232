"""Turn the latents of two channels into the rows that enrichment takes."""

from __future__ import annotations

from typing import Final

import numpy as np

from broker.vectors import Vectors

#: Added under the square root of a magnitude.
FLOOR: Final = 1e-12


def rows(latents: Vectors) -> Vectors:
    """Turn float32 [channels, 64, T], 1 or 2 channels, into [192, T]: re0, im0, re1, im1, ..., then 64 magnitudes.

    The first channel is the real part, the second the imaginary one; for a mono track the latter is zero.
    """
    real = latents[0]
    imaginary = latents[1] if len(latents) > 1 else np.zeros_like(real)
    interleaved = np.stack([real, imaginary], axis=1).reshape(2 * len(real), -1)
    return np.concatenate([interleaved, np.sqrt(real**2 + imaginary**2 + FLOOR, dtype=np.float32)])
