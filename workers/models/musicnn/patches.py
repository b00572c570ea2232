"""Choose three-second patches of a track, evenly spaced although its length is known only at the end."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from workers.models.musicnn.layout import FRAMES, Array
from workers.models.musicnn.mel import compressed, mean_square, mel, spectra, window

#: Most patches per track. Beyond that, every other one is dropped, so a long track keeps at least half as many.
MOST: Final = 32
#: Root mean square in dBFS to normalise tracks to, because the networks' output depends on loudness and should not.
LEVEL_DB: Final = -16.0
#: Patches this many dB below the loudest count as silence within a track and are ignored.
QUIET_DB: Final = 40.0


class Patch(NamedTuple):
    """The mel powers [187, 96] of a patch, and the mean square of its samples."""

    mels: Array
    power: float


class Patches:
    """Collects the patches of a mono track that arrives in pieces.

    Patches lie side by side. Once there are more than `most`, every other one is dropped and no longer computed, so
    that those remain whose number is a multiple of 1, 2, 4, ... This bounds memory, and a second more or less at the
    end of a track changes only one of many patches.
    """

    def __init__(self, rate: int, most: int = MOST) -> None:
        self._rate, self._most = rate, most
        self._hop = window(rate) // 2
        self._kept: dict[int, Patch] = {}
        self._every = 1
        self._next = 0
        self._held: list[Array] = []
        self._count = 0
        #: Whether `_held` begins half a window before the next patch; at first, a reflection must be put there.
        self._before = False

    def add(self, samples: Array) -> None:
        """Add the next samples [n] of the track."""
        self._held.append(samples)
        self._count += len(samples)
        if self._count >= self._needed:
            self._cut()

    def finish(self) -> Array:
        """Return at least one patch, [patches, 187, 96], normalised for the networks; repeats a short track.

        Raises `ValueError` if there were no samples.
        """
        if not self._kept:
            rest = np.concatenate(self._held)
            repeated = np.resize(rest, max(len(rest), self._needed))
            self._keep(np.pad(repeated, (self._hop, 0), mode="reflect")[: self._span])
        powers = np.array([patch.power for patch in self._kept.values()])
        heard = ~(powers <= powers.max() * 10 ** (-QUIET_DB / 10))  # damaged samples stay, and are reported later
        gain = 10 ** (LEVEL_DB / 10) / max(float(powers[heard].mean()), 1e-20)
        chosen = [patch.mels for patch, counts in zip(self._kept.values(), heard, strict=True) if counts]
        return compressed(np.stack(chosen) * np.float32(gain))

    @property
    def _span(self) -> int:
        """Samples that the frames of a patch cover."""
        return (FRAMES + 1) * self._hop

    @property
    def _needed(self) -> int:
        """Samples that the next patch needs; the first half window of the first patch is a reflection."""
        return self._span if self._before else self._span - self._hop

    def _cut(self) -> None:
        joined = np.concatenate(self._held)
        if not self._before:
            joined, self._before = np.concatenate([joined[self._hop : 0 : -1], joined]), True
        while len(joined) >= self._span:
            self._keep(joined[: self._span])
            joined = joined[FRAMES * self._hop :]
        self._held, self._count = [joined], len(joined)

    def _keep(self, samples: Array) -> None:
        number, self._next = self._next, self._next + 1
        if number % self._every:
            return
        powers = spectra(samples, self._rate)
        self._kept[number] = Patch(mel(powers), mean_square(powers))
        if len(self._kept) > self._most:
            self._every *= 2
            self._kept = {at: patch for at, patch in self._kept.items() if at % self._every == 0}
