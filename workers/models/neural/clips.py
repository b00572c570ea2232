"""Windows over a streamed track, made of clips that are each computed only once.

The vector of a window is the mean of its clips' vectors. Windows overlap, so most clips belong to several of them; the
first sample identifies a clip. Memory holds at most two windows, however long the track is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from broker.vectors import Vectors
from workers.models.neural.growing import GrowingRows
from workers.models.windows import window_starts

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Windowing:
    """Window length, hop and clip length, all in samples; a window is a whole number of clips."""

    window: int
    hop: int
    clip: int

    def __post_init__(self) -> None:
        if min(self.window, self.hop, self.clip) <= 0 or self.window % self.clip:
            raise ValueError(f"a window must be one or more whole clips, and the hop positive: {self}")

    def clip_starts(self, start: int) -> range:
        """Return the first sample of each clip in the window that begins at `start`."""
        return range(start, start + self.window, self.clip)


class ClipCutter:
    """Iterates once over the distinct clips as (first sample, samples [clip]), in the order of their completion.

    Afterwards, `samples` is the length of the track and `starts` the first samples of its windows (none if the stream
    was empty). A track shorter than one window is padded with zeros.
    """

    def __init__(self, blocks: Iterable[Samples], windowing: Windowing) -> None:
        self.samples = 0
        self._blocks = blocks
        self._windowing = windowing
        self._held = np.zeros(2 * windowing.window, np.float32)
        self._first = 0  # position of `_held` in the track
        self._next = 0  # start of the first incomplete window
        self._cut: set[int] = set()

    @property
    def starts(self) -> list[int]:
        if not self.samples:
            return []
        return window_starts(self.samples, self._windowing.window, self._windowing.hop)

    def __iter__(self) -> Iterator[tuple[int, Samples]]:
        window = self._windowing.window
        for block in self._blocks:
            for first in range(0, len(block), window):
                self._append(block[first : first + window])
                while self._next + window <= self.samples:
                    yield from self._clips(self._next)
                    self._next += self._windowing.hop
        if not self.samples:
            return
        if self.samples < window:
            self._held[self.samples :] = 0
        yield from self._clips(max(self.samples - window, 0))

    def _append(self, block: Samples) -> None:
        """Append `block`, keeping at least one window, where the last window of the track may begin."""
        buffered = self.samples - self._first
        if buffered + len(block) > len(self._held):
            keep = self._windowing.window
            self._held[:keep] = self._held[buffered - keep : buffered]
            self._first += buffered - keep
            buffered = keep
        self._held[buffered : buffered + len(block)] = block
        self.samples += len(block)

    def _clips(self, start: int) -> Iterator[tuple[int, Samples]]:
        for first in self._windowing.clip_starts(start):
            if first not in self._cut:
                self._cut.add(first)
                at = first - self._first
                yield first, self._held[at : at + self._windowing.clip].copy()


class ClipVectors:
    """The vectors of one track's clips, by first sample, until they become windows."""

    def __init__(self) -> None:
        self._rows = GrowingRows()
        self._places: dict[int, int] = {}

    def put(self, start: int, vector: Vectors) -> None:
        self._places[start] = len(self._rows)
        self._rows.append(vector)

    def windows(self, starts: Iterable[int], windowing: Windowing) -> Vectors:
        """Return float32 [D, T]: for each window, the mean of its clips' vectors."""
        parts = [windowing.clip_starts(start) for start in starts]
        columns = np.empty((len(self._rows[0]), len(parts)), np.float32)
        for n, clips in enumerate(parts):
            columns[:, n] = np.mean([self._rows[self._places[clip]] for clip in clips], axis=0)
        return columns
