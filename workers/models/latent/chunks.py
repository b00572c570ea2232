"""A track cut as the `music2latent` package cuts it, while it is being read.

The package makes spectra of the whole track and splits their frames into chunks; a frame needs only the samples that
it covers, so a chunk can be made of its own samples. The last chunk is filled up with the track's first frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

#: A frame covers this many hops.
FRAME_HOPS = 4
#: Samples that frames reach beyond their own hop, in hops.
REACH_HOPS = FRAME_HOPS - 1


@dataclass(frozen=True, slots=True)
class Chunking:
    """Samples of a hop, frames of a chunk, frames that become one latent."""

    hop: int
    frames: int
    reduction: int

    @property
    def shortest(self) -> int:
        """Samples that give one latent; shorter tracks are filled up with zeros."""
        return (self.reduction + REACH_HOPS) * self.hop

    def samples(self, frames: int) -> int:
        """How many samples so many frames cover."""
        return (frames + REACH_HOPS) * self.hop

    def usable_frames(self, samples: int) -> int:
        """Frames of so many samples, cut to whole latents."""
        frames = samples // self.hop - REACH_HOPS
        return frames - frames % self.reduction


@dataclass(frozen=True, slots=True)
class Chunk:
    """Samples [channels, n] of consecutive frames; `filling` [channels, m] those of the frames that follow them only
    to fill the chunk. `latents`: how many of the result count.
    """

    samples: Samples
    filling: Samples | None
    latents: int


def cut(blocks: Iterable[Samples], chunking: Chunking) -> Iterator[Chunk]:
    """Chunks of a track from blocks [channels, n]; memory holds the first chunk and the present one."""
    step, needed = chunking.frames * chunking.hop, chunking.samples(chunking.frames)
    held, count = list[Samples](), 0
    start: Samples | None = None
    for block in blocks:
        held.append(block)
        count += block.shape[1]
        while count >= needed:
            joined = np.concatenate(held, axis=1)
            samples = joined[:, :needed].copy()
            start = samples if start is None else start
            yield Chunk(samples, None, chunking.frames // chunking.reduction)
            held, count = [joined[:, step:]], count - step
    if held:
        yield from _last(np.concatenate(held, axis=1), start, chunking)


def _last(rest: Samples, start: Samples | None, chunking: Chunking) -> Iterator[Chunk]:
    if start is None and rest.shape[1] < chunking.shortest:
        rest = np.pad(rest, ((0, 0), (0, chunking.shortest - rest.shape[1])))
    frames = chunking.usable_frames(rest.shape[1])
    if frames <= 0:
        return
    filling = None if start is None else start[:, : chunking.samples(chunking.frames - frames)]
    yield Chunk(rest[:, : chunking.samples(frames)], filling, frames // chunking.reduction)
