"""From samples to blocks and short-time spectra: the same ones however the samples arrive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.fft

Array = npt.NDArray[np.float32]

#: Samples a second that the descriptor hears.
RATE = 24000
#: Samples between two frames: 21.3 ms.
HOP = 512
#: Hops in one block: 10.9 s. Everything is computed block by block, so memory does not grow with the track.
BLOCK_HOPS = 512
#: Samples in one block.
BLOCK_SAMPLES = HOP * BLOCK_HOPS
#: Samples of the next block that a block also sees, so that its last windows are whole.
CONTEXT = 6144
#: Amplitude (-80 dBFS) up to which the beginning of a track counts as silence and is left out.
START_LEVEL = 1e-4
#: A track below this many samples (1 s) is repeated until it has them.
SHORTEST = RATE


class Block(NamedTuple):
    """Samples [n] of a block, the context behind it included, and how many hops are its own."""

    samples: Array
    hops: int


def blocks(stream: Iterable[Array]) -> Iterator[Block]:
    """Blocks of a mono track that arrives as [n] float32 of any lengths. No block at all: nothing but silence."""
    held: list[Array] = []
    count, first = 0, True
    for piece in from_first_sound(stream):
        held.append(piece)
        count += len(piece)
        if count >= BLOCK_SAMPLES + CONTEXT:
            joined, first = np.concatenate(held), False
            while len(joined) >= BLOCK_SAMPLES + CONTEXT:
                yield Block(joined[: BLOCK_SAMPLES + CONTEXT], BLOCK_HOPS)
                joined = joined[BLOCK_SAMPLES:]
            held, count = [joined], len(joined)
    if count:
        yield from _last_blocks(np.concatenate(held), first)


def from_first_sound(stream: Iterable[Array]) -> Iterator[Array]:
    """The mono track without the silence before its first sound."""
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
    """What is left at the end; less than a second of it counts only where there is nothing else."""
    if only and len(rest) < SHORTEST:
        rest = np.resize(rest, SHORTEST)
    for start in range(0, len(rest), BLOCK_SAMPLES):
        samples = rest[start : start + BLOCK_SAMPLES + CONTEXT]
        own = min(len(rest) - start, BLOCK_SAMPLES)
        if own >= SHORTEST:
            yield Block(samples, -(-own // HOP))


def power(block: Block, window: int, hop: int) -> Array:
    """[frames, window // 2 + 1]: power spectra of Hann windows, one each `hop` samples of the block.

    Beyond the end of the track there are zeros.
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
    """Hann window divided by its sum: a full-scale sine has a power of 1/4."""
    shape = np.hanning(window + 1)[:-1]
    return np.asarray(shape / shape.sum(), np.float32)
