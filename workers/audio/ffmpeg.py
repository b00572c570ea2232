"""Decoding with FFmpeg (PyAV): m4a, wma, opus and nearly everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from contract.errors import DecodeFailed, OutOfMemory
from workers.audio.files import UNKNOWN_FORMAT
from workers.audio.mixing import Samples, Whole
from workers.audio.source import AudioFile

#: Frames are collected until a block has this many samples per channel.
BLOCK_SAMPLES: Final = 1 << 16
#: Bytes per read of a file.
READ_BYTES: Final = 1 << 18
#: Demuxers that may open a file: audio containers, but no playlists, which open other files and URLs.
DEMUXERS: Final = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,apm,asf,au,avi,caf,dsf,dts,dtshd,eac3,flac,flv,iff,loas,matroska,webm,"
    "mov,mp4,m4a,mp3,mpc,mpc8,mpeg,mpegts,ogg,oma,rm,shn,sox,spdif,tak,truehd,tta,voc,w64,wav,wv,xwma"
)
#: What PyAV raises for a format that FFmpeg does not know, and for a file that it cannot read.
UNKNOWN: Final = (av.InvalidDataError, av.EOFError, av.ArgumentError)
BROKEN: Final = (av.FFmpegError, ValueError, LookupError, RuntimeError, OSError)
#: Full scale of FFmpeg's integer sample formats, by numpy dtype.
FULL_SCALE: Final = {"uint8": 2.0**7, "int16": 2.0**15, "int32": 2.0**31, "int64": 2.0**63}

T = TypeVar("T", bound=np.generic)


@contextmanager
def open_container(source: AudioFile) -> Iterator[InputContainer]:
    """Open a file's demuxer. Raises `DecodeFailed` if FFmpeg has none for it or cannot read the file.

    A failed read takes precedence over FFmpeg's own error: it raises `FileUnreadable`, also on leaving the block.
    """
    options = {"format_whitelist": DEMUXERS, "protocol_whitelist": "file"}
    try:
        with av.open(source, "r", metadata_errors="ignore", container_options=options, buffer_size=READ_BYTES) as file:
            yield file
    except av.MemoryError as error:
        raise OutOfMemory(f"FFmpeg: {error.strerror or error}") from None
    except UNKNOWN:
        source.check()
        raise DecodeFailed(f"FFmpeg: {UNKNOWN_FORMAT}") from None
    except BROKEN as error:
        source.check()
        raise DecodeFailed(f"FFmpeg: {getattr(error, 'strerror', None) or error}") from None
    source.check()


def first_audio(container: InputContainer) -> AudioStream:
    """Return the first audio stream. Raises `DecodeFailed` if there is none, or no decoder for its codec."""
    if not container.streams.audio:
        raise DecodeFailed("FFmpeg: the file holds no audio stream")
    stream = container.streams.audio[0]
    if stream.codec_context is None:
        raise DecodeFailed("FFmpeg: it has no decoder for the codec of the file")
    return stream


def to_float(frame: AudioFrame) -> Samples:
    """Convert a frame of any sample format to float32 [samples, channels], full scale at 1."""
    samples = _samples(frame)
    scale = FULL_SCALE.get(samples.dtype.name)
    if scale is None:
        return samples.astype(np.float32)
    offset = scale if samples.dtype == np.uint8 else 0.0
    return ((samples.astype(np.float32) - np.float32(offset)) / np.float32(scale)).astype(np.float32)


def _to_whole(frame: AudioFrame) -> Whole:
    samples = _samples(frame)
    if samples.dtype != np.int32:
        raise DecodeFailed(f"FFmpeg: expected whole numbers of 32 bits, not {frame.format.name}")
    return samples


def _samples(frame: AudioFrame) -> npt.NDArray[Any]:
    try:
        raw = frame.to_ndarray()
        return raw.T if frame.format.is_planar else raw.reshape(-1, frame.layout.nb_channels)
    except ValueError as error:
        raise DecodeFailed(f"FFmpeg: samples of the format {frame.format.name} cannot be read: {error}") from None


def read(path: str) -> Iterator[tuple[Samples, int]]:
    """Yield blocks (samples [n, channels] float32, rate in Hz), never empty. Raises `DecodeFailed`.

    Rate and layout come from the frames: the header may say otherwise (HE-AAC), and both may change within a file.
    """
    return _blocks(path, to_float)


def read_whole(path: str) -> Iterator[tuple[Whole, int]]:
    """Do the same for a file of 32-bit integer samples. Raises `DecodeFailed` for any other format, too."""
    return _blocks(path, _to_whole)


def _blocks(path: str, convert: Callable[[AudioFrame], npt.NDArray[T]]) -> Iterator[tuple[npt.NDArray[T], int]]:
    pending: list[npt.NDArray[T]] = []
    rate, count = 0, 0
    for frame in _frames(path):
        samples = convert(frame)
        changed = frame.sample_rate != rate or (pending and samples.shape[1] != pending[0].shape[1])
        if pending and (changed or count >= BLOCK_SAMPLES):
            yield np.concatenate(pending), rate
            pending, count = [], 0
        rate = frame.sample_rate
        count += len(samples)
        pending.append(samples)
    if pending:
        yield np.concatenate(pending), rate


def _frames(path: str) -> Iterator[AudioFrame]:
    """Yield frames that hold samples. Skips packets that cannot be decoded, as players do."""
    with AudioFile(path) as source, open_container(source) as container:
        stream = first_audio(container)
        # a file with a known rate but no packet is empty; any other file without a frame is broken
        reason, packets, frames = UNKNOWN_FORMAT, 0 if stream.rate else 1, 0
        for packet in _packets(container, stream):
            packets += packet.size > 0
            reason = "no packet can be decoded" if packet.size else reason
            try:
                decoded = packet.decode()
            except av.FFmpegError as error:
                reason = str(error)
                continue
            for frame in decoded:
                if isinstance(frame, AudioFrame) and frame.samples and frame.sample_rate:
                    frames += 1
                    yield frame
    if packets and not frames:
        raise DecodeFailed(f"FFmpeg: {reason}")


def _packets(container: InputContainer, stream: AudioStream) -> Iterator[av.Packet[AudioStream]]:
    """Yield a stream's packets. Raises `DecodeFailed` where the container breaks off."""
    try:
        yield from container.demux(stream)
    except av.FFmpegError as error:
        raise DecodeFailed(f"FFmpeg: {error.strerror or error}") from None
