"""Whole tracks and streams of audio, at the rate and with the channels that a model expects.

There are two decoders. The better one for the file's format goes first. If it refuses the file or stops early, the
other one tries before the track counts as broken or truncated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from contract.embedding import AudioWarning
from contract.errors import DecodeFailed, EmptyAudio, MeshError
from workers.audio import ffmpeg, sndfile
from workers.audio.files import Path, check_file, display, refused
from workers.audio.mixing import Samples
from workers.audio.stream import AudioStream, Blocks

Reader = Callable[[str], Blocks]

#: Formats that libsndfile reads well and without holding the GIL. FFmpeg goes first for all others, mp3 included:
#: libsndfile 1.2.2 garbles a frame between two reads of some mp3 files, and prints to the log.
SNDFILE_FIRST: Final = frozenset({"wav", "flac", "ogg", "oga", "aif", "aiff", "au", "w64", "caf"})


@dataclass(frozen=True, slots=True)
class Audio:
    """A whole track: samples [channels, n] float32 at `rate`; `duration` in seconds, as decoded.

    `warning` is `truncated_audio` or None; `warning_message` describes it.
    """

    samples: Samples
    rate: int
    duration: float
    warning: AudioWarning | None = None
    warning_message: str | None = None


def open_stream(path: Path, rate: int, channels: int = 1, expected_duration: float | None = None) -> AudioStream:
    """Open the track as float32 blocks [channels, n] at `rate`; memory does not grow with its length.

    `channels` is 1 (the mean of the file's channels, see `Mixer`) or 2; `expected_duration` is the database's, in
    seconds. Raises `FileMissing`, `FileUnreadable`, `DecodeFailed`, `EmptyAudio`; the stream's `finish` may raise
    `SilentAudio`.
    """
    absolute = check_file(path)
    refusals: list[str] = []
    first_reader, second_reader = _readers(absolute)
    for reader, other in ((first_reader, partial(second_reader, absolute)), (second_reader, None)):
        blocks = reader(absolute)
        try:
            first = next(blocks, None)
        except DecodeFailed as error:
            refusals.append(error.message)
            continue
        if first is not None:
            return AudioStream(display(path), _from(first, blocks), rate, channels, expected_duration, other)
    raise _refused(path, refusals)


def load(path: Path, rate: int, channels: int = 1, expected_duration: float | None = None) -> Audio:
    """Decode the whole track at once. Arguments and errors are those of `open_stream`, plus `SilentAudio`."""
    with open_stream(path, rate, channels, expected_duration) as stream:
        blocks = list(stream)
        ending = stream.finish()
    if not blocks:  # so few samples that the resampler returns none
        raise EmptyAudio(f"too short to embed at {rate} Hz: {display(path)}")
    samples = np.concatenate(blocks, axis=1)
    return Audio(samples, rate, ending.duration, ending.warning, ending.warning_message)


def _readers(path: str) -> tuple[Reader, Reader]:
    suffix = path.rpartition(".")[2].lower()
    return (sndfile.read, ffmpeg.read) if suffix in SNDFILE_FIRST else (ffmpeg.read, sndfile.read)


def _from(first: tuple[Samples, int], rest: Blocks) -> Iterator[tuple[Samples, int]]:
    yield first
    yield from rest


def _refused(path: Path, refusals: list[str]) -> MeshError:
    if len(refusals) < 2:  # a decoder read the file and found no samples in it
        return EmptyAudio(f"no samples in {display(path)}")
    return refused(path, refusals)
