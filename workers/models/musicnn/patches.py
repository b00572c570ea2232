"""Which three-second patches of a track are listened to: evenly spaced, whatever its length, known only at its end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workers.models.musicnn.layout import FRAMES, Array
from workers.models.musicnn.mel import compressed, mean_square, mel, spectra, window

#: Most patches of a track. Above, every other one is given up, so a long track has half as many or more.
MOST = 32
#: Root mean square, dBFS, that a track is brought to: the networks hear how loud a track is, and shall not.
LEVEL_DB = -16.0
#: Patches so many dB quieter than the loudest do not count: silences within a track.
QUIET_DB = 40.0


class Patch(NamedTuple):
    """Mel powers [187, 96] of a patch, and the mean square of its samples."""

    mels: Array
    power: float


class Patches:
    """Collects the patches of a mono track that arrives in pieces.

    Patches lie side by side. As soon as there are more than `most`, every other one is dropped and no longer computed:
    what stays are those whose number is a multiple of 1, 2, 4, ... So memory is bounded, and a second more or less at
    the end of a track changes one patch of many.
    """

    def __init__(self, rate: int, most: int = MOST) -> None:
        self._rate, self._most = rate, most
        self._hop = window(rate) // 2
        self._kept: dict[int, Patch] = {}
        self._every = 1
        self._next = 0
        self._held: list[Array] = []
        self._count = 0
        #: Whether what is held begins half a window before the next patch: at first a reflection has to be put there.
        self._before = False

    def add(self, samples: Array) -> None:
        """The next samples [n] of the track."""
        self._held.append(samples)
        self._count += len(samples)
        if self._count >= self._needed:
            self._cut()

    def finish(self) -> Array:
        """[patches, 187, 96] at one level, as the networks take them; at least one. A short track is repeated.

        Raises `ValueError` where no sample came.
        """
        if not self._kept:
            rest = np.concatenate(self._held)
            repeated = np.resize(rest, max(len(rest), self._needed))
            self._keep(np.pad(repeated, (self._hop, 0), mode="reflect")[: self._span])
        powers = np.array([patch.power for patch in self._kept.values()])
        heard = ~(powers <= powers.max() * 10 ** (-QUIET_DB / 10))  # damaged samples stay, and are told of later
        gain = 10 ** (LEVEL_DB / 10) / max(float(powers[heard].mean()), 1e-20)
        chosen = [patch.mels for patch, counts in zip(self._kept.values(), heard, strict=True) if counts]
        return compressed(np.stack(chosen) * np.float32(gain))

    @property
    def _span(self) -> int:
        """Samples that the frames of a patch see."""
        return (FRAMES + 1) * self._hop

    @property
    def _needed(self) -> int:
        """Samples that the next patch needs: the first one's first half window is a reflection."""
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
