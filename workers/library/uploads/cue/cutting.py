"""Cuts a file into FLAC files, sample by sample: the parts after one another are the whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile

from broker.errors import DecodeFailed, EmptyAudio, InvalidRequest
from workers.audio import ffmpeg, sndfile
from workers.audio.mixing import Samples
from workers.library.uploads.cue.depth import bits_of
from workers.library.uploads.cue.sheet import Track, sample_of
from workers.library.uploads.timing import Limit

#: Kinds that libsndfile opens and FFmpeg reads better, by libsndfile's name.
_FFMPEG_FIRST: Final = frozenset({"MP3"})
#: Channels and samples a second that FLAC can hold.
MAX_CHANNELS: Final = 8
MAX_RATE: Final = 655_350
_SUBTYPES: Final = {8: "PCM_S8", 16: "PCM_16", 24: "PCM_24"}

Whole = npt.NDArray[np.int32]
Reader = Callable[[str], Iterator[tuple[Samples, int]]]


def cut(path: str, tracks: Sequence[Track], targets: Sequence[Path], limit: Limit) -> list[float]:
    """Write each track of the file to its target; their durations in seconds.

    A track goes from its INDEX 01 to that of the next one; what lies before the first is the first's. Raises
    `DecodeFailed`, `EmptyAudio`, `DeadlineExceeded`, and `InvalidRequest` where the sheet does not fit the file.
    """
    bits = bits_of(path)
    blocks = _blocks(path)
    first, rate = next(blocks)
    channels = first.shape[1]
    if channels > MAX_CHANNELS or rate > MAX_RATE:
        raise DecodeFailed(f"FLAC holds {MAX_CHANNELS} channels at {MAX_RATE} Hz, not {channels} at {rate} Hz")
    ends = [sample_of(track.start, rate) for track in tracks[1:]]
    parts = Parts(targets, ends, rate, channels, bits)
    try:
        parts.write(whole_numbers(first, bits))
        for block, block_rate in blocks:
            limit.check("the file was not cut in time")
            if (block_rate, block.shape[1]) != (rate, channels):
                raise DecodeFailed("rate or channels change within the file: it cannot be cut")
            parts.write(whole_numbers(block, bits))
    finally:
        parts.close()
    return [length / rate for length in parts.lengths(tracks)]


def whole_numbers(samples: Samples, bits: int) -> Whole:
    """Float samples at full scale 1 as whole numbers of `bits` bits, at the upper end of 32; exact up to 24 bits."""
    scale = 2.0 ** (bits - 1)
    rounded = np.rint(samples.astype(np.float64) * scale).clip(-scale, scale - 1)
    return rounded.astype(np.int32) << (32 - bits)


class Parts:
    """FLAC files that are filled one after the other; `ends` are the samples at which each but the last is full."""

    def __init__(self, targets: Sequence[Path], ends: Sequence[int], rate: int, channels: int, bits: int) -> None:
        self._targets = targets
        self._ends = ends
        self._shape = {"samplerate": rate, "channels": channels, "subtype": _SUBTYPES[bits], "format": "FLAC"}
        self._written = 0
        self._number = 0
        self._file = self._open()

    def write(self, samples: Whole) -> None:
        """The next samples, [n, channels]."""
        while len(samples):
            room = self._ends[self._number] - self._written if self._number < len(self._ends) else len(samples)
            taken, samples = samples[:room], samples[room:]
            self._file.write(taken)
            self._written += len(taken)
            if self._number < len(self._ends) and self._written == self._ends[self._number] and len(samples):
                self._file.close()
                self._number += 1
                self._file = self._open()

    def close(self) -> None:
        self._file.close()

    def lengths(self, tracks: Sequence[Track]) -> list[int]:
        """Samples of each part. Raises `InvalidRequest` where the file ended before its last track began."""
        if self._number < len(self._ends):
            late = tracks[self._number + 1].number
            raise InvalidRequest(
                f"cue_file: the file ends before track {late} begins; the sheet is of another file",
                {"field": "cue_file"},
            )
        bounds = [0, *self._ends, self._written]
        return [end - start for start, end in pairwise(bounds)]

    def _open(self) -> soundfile.SoundFile:
        return soundfile.SoundFile(os.fsencode(self._targets[self._number]), "w", **self._shape)


def _blocks(path: str) -> Iterator[tuple[Samples, int]]:
    """Float blocks of the first decoder that can read the file; at least one."""
    refusals = []
    for read in _readers(path):
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


def _readers(path: str) -> tuple[Reader, Reader]:
    """Both decoders, the better one first. By what is in the file: an upload may have any name."""
    try:
        kind = soundfile.info(os.fsencode(path)).format
    except (soundfile.SoundFileError, TypeError):
        return ffmpeg.read, sndfile.read
    return (ffmpeg.read, sndfile.read) if kind in _FFMPEG_FIRST else (sndfile.read, ffmpeg.read)
