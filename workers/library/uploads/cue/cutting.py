"""Cuts a file into FLAC files at exact samples: the parts in sequence equal the whole."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from contract.errors import DecodeFailed, InvalidRequest
from workers.audio.mixing import Whole
from workers.library.uploads.cue.reading import read_whole
from workers.library.uploads.cue.sheet import CueTrack, sample_of
from workers.library.uploads.cue.writing import FlacFile, open_flac
from workers.library.uploads.timing import UploadLimit

#: Maximum channels and samples per second in FLAC.
MAX_CHANNELS: Final = 8
MAX_RATE: Final = 655_350


def cut(path: str, tracks: Sequence[CueTrack], targets: Sequence[Path], limit: UploadLimit) -> list[float]:
    """Write each track of the file to its target. Returns their durations in seconds.

    A track lasts from its INDEX 01 to that of the next one; audio before the first belongs to the first. Raises
    `DecodeFailed`, `EmptyAudio`, `DeadlineExceeded`, and `InvalidRequest` if the sheet does not match the file.
    """
    bits, blocks = read_whole(path)
    first, rate = next(blocks)
    channels = first.shape[1]
    if channels > MAX_CHANNELS or rate > MAX_RATE:
        raise DecodeFailed(f"FLAC holds {MAX_CHANNELS} channels at {MAX_RATE} Hz, not {channels} at {rate} Hz")
    ends = [sample_of(track.start, rate) for track in tracks[1:]]
    parts = PartFiles(targets, ends, rate, channels, bits)
    try:
        parts.write(first)
        for block, block_rate in blocks:
            limit.check("the file could not be split in time")
            if (block_rate, block.shape[1]) != (rate, channels):
                raise DecodeFailed("rate or channels change within the file: it cannot be split")
            parts.write(block)
    finally:
        parts.close()
    return [length / rate for length in parts.lengths(tracks)]


class PartFiles:
    """FLAC files that are filled one after the other; `ends` are the samples at which all but the last end."""

    def __init__(self, targets: Sequence[Path], ends: Sequence[int], rate: int, channels: int, bits: int) -> None:
        self._targets = targets
        self._ends = ends
        self._shape = (rate, channels, bits)
        self._written = 0
        self._number = 0
        self._file = self._open()

    def write(self, samples: Whole) -> None:
        """Write the next samples, [n, channels]."""
        while len(samples):
            remaining = self._ends[self._number] - self._written if self._number < len(self._ends) else len(samples)
            taken, samples = samples[:remaining], samples[remaining:]
            self._file.write(taken)
            self._written += len(taken)
            if self._number < len(self._ends) and self._written == self._ends[self._number] and len(samples):
                self._file.close()
                self._number += 1
                self._file = self._open()

    def close(self) -> None:
        self._file.close()

    def lengths(self, tracks: Sequence[CueTrack]) -> list[int]:
        """Return the samples in each part. Raises `InvalidRequest` if the file ends before its last track begins."""
        if self._number < len(self._ends):
            late = tracks[self._number + 1].number
            raise InvalidRequest(
                f"cue_file: the file ends before track {late} begins; the sheet belongs to another file",
                {"field": "cue_file"},
            )
        bounds = [0, *self._ends, self._written]
        return [end - start for start, end in pairwise(bounds)]

    def _open(self) -> FlacFile:
        return open_flac(self._targets[self._number], *self._shape)
