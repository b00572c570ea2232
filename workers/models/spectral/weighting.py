"""Weigh power spectra as EBU R128 weighs samples, so that loudness needs no filter of its own."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import scipy.sparse
from scipy.signal import freqz

from workers.models.spectral.bands import Bank
from workers.models.spectral.frames import RATE

#: The two filters of ITU-R BS.1770 at `FILTER_RATE` Hz: the effect of the head, and a high pass; (numerator,
#: denominator) each.
FILTER_RATE: Final = 48_000
FILTERS: Final = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)
#: Power of a Hann window's main lobe relative to its highest bin.
HANN_SPREAD: Final = 1.5


@cache
def loudness_weights(window: int) -> Bank:
    """Return [1, window // 2 + 1]: weights that turn the spectrum of `frames.power` into a weighted mean square."""
    frequencies = np.arange(window // 2 + 1) * RATE / window
    gain = np.ones(len(frequencies))
    for numerator, denominator in FILTERS:
        _, response = freqz(numerator, denominator, frequencies, fs=FILTER_RATE)
        gain *= np.abs(response) ** 2
    return scipy.sparse.csr_array((2 / HANN_SPREAD * gain)[None].astype(np.float32))
