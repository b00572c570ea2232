"""Turn samples into blocks and short-time spectra, which do not depend on how the samples arrive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.fft

Array = npt.NDArray[np.float32]

#: Sample rate of the descriptor in Hz.
RATE: Final = 24000
#: Samples between frames: 21.3 ms.
HOP: Final = 512
#: Hops per block: 10.9 s. Computing block by block keeps memory independent of the track's length.
BLOCK_HOPS: Final = 512
#: Samples per block.
BLOCK_SAMPLES: Final = HOP * BLOCK_HOPS
#: Samples of the next block that a block includes, so that its last windows are complete.
CONTEXT: Final = 6144
#: Amplitude (-80 dBFS) up to which the start of a track counts as silence and is skipped.
START_LEVEL: Final = 1e-4
#: A track with fewer samples (1 s) is repeated to this length.
SHORTEST: Final = RATE


class Block(NamedTuple):
    """Samples [n] of a block with the context after it, and how many hops belong to the block itself."""

    samples: Array
    hops: int


def blocks(stream: Iterable[Array]) -> Iterator[Block]:
    """Yield the blocks of a mono track that arrives as float32 [n] of any length; none if it is all silence."""
    pending: list[Array] = []
    count, first = 0, True
    for piece in from_first_sound(stream):
        pending.append(piece)
        count += len(piece)
        if count >= BLOCK_SAMPLES + CONTEXT:
            joined, first = np.concatenate(pending), False
            while len(joined) >= BLOCK_SAMPLES + CONTEXT:
                yield Block(joined[: BLOCK_SAMPLES + CONTEXT], BLOCK_HOPS)
                joined = joined[BLOCK_SAMPLES:]
            pending, count = [joined], len(joined)
    if count:
        yield from _last_blocks(np.concatenate(pending), first)


def from_first_sound(stream: Iterable[Array]) -> Iterator[Array]:
    """Yield the mono track without the silence before its first sound."""
    started = False
    for piece in stream:
        if started:
            yield piece
            continue
        loud = np.flatnonzero(np.abs(piece) > START_LEVEL)
        if loud.size:
            started = True
            yield piece[loud[0] :]


def _last_blocks(rest: Array, only: bool) -> Iterator[Block]:
    """Yield the rest of a track; less than a second counts only if it is the whole track."""
    if only and len(rest) < SHORTEST:
        rest = np.resize(rest, SHORTEST)
    for start in range(0, len(rest), BLOCK_SAMPLES):
        samples = rest[start : start + BLOCK_SAMPLES + CONTEXT]
        own = min(len(rest) - start, BLOCK_SAMPLES)
        if own >= SHORTEST:
            yield Block(samples, -(-own // HOP))


def power(block: Block, window: int, hop: int) -> Array:
    """Return power spectra [frames, window // 2 + 1] of Hann windows, one every `hop` samples of the block.

    Zeros follow the end of the track.
    """
    frames = -(-block.hops * HOP // hop)
    padded = np.zeros((frames - 1) * hop + window, np.float32)
    samples = block.samples[: len(padded)]
    padded[: len(samples)] = samples
    view = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    spectra = scipy.fft.rfft(view * _hann(window), axis=1)
    return np.asarray(spectra.real**2 + spectra.imag**2)


@cache
def _hann(window: int) -> Array:
    """Return a Hann window divided by its sum, so that a full-scale sine has a power of 1/4."""
    shape = np.hanning(window + 1)[:-1]
    return np.asarray(shape / shape.sum(), np.float32)
