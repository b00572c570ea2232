"""Cut a track as the `music2latent` package does, but while reading it.

The package computes spectra of the whole track and splits their frames into chunks. A frame depends only on the samples
that it covers, so each chunk can be computed from its own samples. The track's first frames fill up the last chunk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

#: A frame covers this many hops.
FRAME_HOPS: Final = 4
#: How far a frame reaches beyond its own hop, in hops.
REACH_HOPS: Final = FRAME_HOPS - 1


@dataclass(frozen=True, slots=True)
class Chunking:
    """Samples per hop, frames per chunk, frames per latent."""

    hop: int
    frames: int
    reduction: int

    @property
    def shortest(self) -> int:
        """Samples for one latent; shorter tracks are padded with zeros."""
        return (self.reduction + REACH_HOPS) * self.hop

    def samples(self, frames: int) -> int:
        """Return how many samples `frames` frames cover."""
        return (frames + REACH_HOPS) * self.hop

    def usable_frames(self, samples: int) -> int:
        """Return how many frames `samples` samples give, rounded down to whole latents."""
        frames = samples // self.hop - REACH_HOPS
        return frames - frames % self.reduction


@dataclass(frozen=True, slots=True)
class Chunk:
    """Samples [channels, n] of consecutive frames.

    `filling` [channels, m] are the samples of frames that only fill up the chunk; the first `latents` results count.
    """

    samples: Samples
    filling: Samples | None
    latents: int


def cut(blocks: Iterable[Samples], chunking: Chunking) -> Iterator[Chunk]:
    """Yield the chunks of a track from blocks [channels, n], holding only the first and the current chunk in memory."""
    step, needed = chunking.frames * chunking.hop, chunking.samples(chunking.frames)
    pending, count = list[Samples](), 0
    start: Samples | None = None
    for block in blocks:
        pending.append(block)
        count += block.shape[1]
        while count >= needed:
            joined = np.concatenate(pending, axis=1)
            samples = joined[:, :needed].copy()
            start = samples if start is None else start
            yield Chunk(samples, None, chunking.frames // chunking.reduction)
            pending, count = [joined[:, step:]], count - step
    if pending:
        yield from _last(np.concatenate(pending, axis=1), start, chunking)


def _last(rest: Samples, start: Samples | None, chunking: Chunking) -> Iterator[Chunk]:
    if start is None and rest.shape[1] < chunking.shortest:
        rest = np.pad(rest, ((0, 0), (0, chunking.shortest - rest.shape[1])))
    frames = chunking.usable_frames(rest.shape[1])
    if frames <= 0:
        return
    filling = None if start is None else start[:, : chunking.samples(chunking.frames - frames)]
    yield Chunk(rest[:, : chunking.samples(frames)], filling, frames // chunking.reduction)
