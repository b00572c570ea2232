"""Writes FLAC files block by block. Samples are integers in the upper bits of 32, [n, channels]."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final, Protocol

import av
import numpy as np
import soundfile

from workers.audio.mixing import Whole
from workers.library.uploads.cue.depth import EXACT_BITS

#: libsndfile's names for the widths that it can write.
_SUBTYPES: Final = {8: "PCM_S8", 16: "PCM_16", 24: "PCM_24"}
#: Layouts by number of channels that FFmpeg can write with 32 bits and read back.
_LAYOUTS: Final = ("mono", "stereo", "3.0", "quad", "5.0", "5.1")
#: Maximum number of channels in a 32-bit file.
MAX_EXACT_CHANNELS: Final = len(_LAYOUTS)


class FlacFile(Protocol):
    """A file opened for writing."""

    def write(self, samples: Whole, /) -> None:
        """Write the next samples."""

    def close(self) -> None:
        """Finish the file."""


def open_flac(path: Path, rate: int, channels: int, bits: int) -> FlacFile:
    """Create a FLAC file. libsndfile writes up to 24 bits, FFmpeg 32."""
    if bits == EXACT_BITS:
        return _Exact(path, rate, channels)
    file: FlacFile = soundfile.SoundFile(
        os.fsencode(path), "w", samplerate=rate, channels=channels, subtype=_SUBTYPES[bits], format="FLAC"
    )
    return file


class _Exact:
    """A file with 32-bit samples."""

    def __init__(self, path: Path, rate: int, channels: int) -> None:
        self._layout = _LAYOUTS[channels - 1]
        self._rate = rate
        self._written = 0
        self._container = av.open(str(path), "w", format="flac")
        self._stream: Any = self._container.add_stream("flac", rate=rate, layout=self._layout, format="s32")
        # FFmpeg drops 8 of the 32 bits unless it may write files that need libFLAC 1.4 (2022) or later
        self._stream.codec_context.options = {"strict": "experimental"}

    def write(self, samples: Whole) -> None:
        row = np.ascontiguousarray(samples).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(row, format="s32", layout=self._layout)
        frame.sample_rate = self._rate
        frame.pts = self._written
        self._written += len(samples)
        self._mux(frame)

    def close(self) -> None:
        try:
            self._mux(None)
        finally:
            self._container.close()

    def _mux(self, frame: av.AudioFrame | None) -> None:
        for packet in self._stream.encode(frame):
            self._container.mux(packet)
