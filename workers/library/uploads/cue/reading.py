"""Reads samples of an upload block by block, as integers in the upper bits of 32, [n, channels]."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import soundfile

from contract.errors import DecodeFailed, EmptyAudio
from workers.audio import ffmpeg, sndfile
from workers.audio.mixing import Samples, Whole
from workers.library.uploads.cue.depth import EXACT_BITS, FLOAT_BITS, bits_of
from workers.library.uploads.cue.writing import MAX_EXACT_CHANNELS

#: Formats that libsndfile can open but FFmpeg reads better, by libsndfile's name.
_FFMPEG_FIRST: Final = frozenset({"MP3"})

Block = npt.NDArray[Any]
Blocks = Iterator[tuple[Block, int]]
Reader = Callable[[str], Blocks]


def read_whole(path: str) -> tuple[int, Iterator[tuple[Whole, int]]]:
    """Return the bits per sample (8, 16, 24 or 32), and at least one block with its rate.

    Raises `DecodeFailed`, `EmptyAudio`.
    """
    bits = bits_of(path)
    if bits == EXACT_BITS:
        block, rate = next(blocks := _blocks(path, exact=True))
        if block.shape[1] <= MAX_EXACT_CHANNELS:
            return bits, _chain(block, rate, blocks)
        bits = FLOAT_BITS
    return bits, ((whole_numbers(block, bits), rate) for block, rate in _blocks(path, exact=False))


def whole_numbers(samples: Samples, bits: int) -> Whole:
    """Convert float samples (full scale 1) to integers in the upper `bits` bits of 32; exact up to 24 bits."""
    scale = 2.0 ** (bits - 1)
    rounded = np.rint(samples.astype(np.float64) * scale).clip(-scale, scale - 1)
    return rounded.astype(np.int32) << (32 - bits)


def _chain(block: Block, rate: int, rest: Blocks) -> Blocks:
    yield block, rate
    yield from rest


def _blocks(path: str, *, exact: bool) -> Blocks:
    """Yield blocks from the first decoder that can read the file: integers if `exact`, else floats."""
    refusals = []
    for read in _readers(path, exact=exact):
        blocks = read(path)
        try:
            first = next(blocks, None)
        except DecodeFailed as error:
            refusals.append(error.message)
            continue
        if first is None:
            raise EmptyAudio("there are no samples in the file")
        yield first
        yield from blocks
        return
    raise DecodeFailed(f"no decoder can read the file ({'; '.join(refusals)})")


def _readers(path: str, *, exact: bool) -> tuple[Reader, Reader]:
    """Return both decoders, the better one first. Goes by content, because an upload may have any name."""
    by_ffmpeg: Reader = ffmpeg.read_whole if exact else ffmpeg.read
    by_sndfile: Reader = sndfile.read_whole if exact else sndfile.read
    try:
        kind = soundfile.info(os.fsencode(path)).format
    except (soundfile.SoundFileError, TypeError):
        return by_ffmpeg, by_sndfile
    return (by_ffmpeg, by_sndfile) if kind in _FFMPEG_FIRST else (by_sndfile, by_ffmpeg)
