"""Decoding with libsndfile: wav, flac, ogg, mp3, opus. Releases the GIL."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import soundfile

from contract.errors import DecodeFailed
from workers.audio.files import UNKNOWN_FORMAT
from workers.audio.mixing import Samples, Whole
from workers.audio.notes import noted
from workers.audio.source import AudioFile

#: Frames per block: 1.4 s at 48 kHz.
BLOCK_FRAMES: Final = 1 << 16
#: Suffixes of files that libsndfile passes to libmpg123.
NOTED: Final = (".mp1", ".mp2", ".mp3", ".mpga")
#: libsndfile's codes for an unknown format. The second one, "File does not exist ... (possibly a pipe?)", means an mp3
#: without a frame: we know by then that the file exists.
_UNKNOWN: Final = frozenset({1, 7})


def read(path: str) -> Iterator[tuple[Samples, int]]:
    """Yield blocks (samples [n, channels] float32, rate in Hz), never empty.

    Raises `DecodeFailed`, or `FileUnreadable` if a read failed.
    """
    return _blocks(path, "float32")


def read_whole(path: str) -> Iterator[tuple[Whole, int]]:
    """Yield the same blocks as integers, scaled to the full range of 32 bits."""
    return _blocks(path, "int32")


def read_short(path: str) -> Iterator[npt.NDArray[np.int16]]:
    """Yield blocks [n, channels] of 16-bit samples, without the rate."""
    return (block for block, _ in _blocks(path, "int16"))


def _blocks(path: str, dtype: str) -> Iterator[tuple[npt.NDArray[Any], int]]:
    noting = noted if path.lower().endswith(NOTED) else contextlib.nullcontext
    with AudioFile(path) as source:
        try:
            with noting(path):
                opened = soundfile.SoundFile(source)
            with opened as file:
                while True:
                    with noting(path):
                        block = file.read(BLOCK_FRAMES, dtype=dtype, always_2d=True)
                    if not len(block):
                        break
                    yield block, file.samplerate
        except (soundfile.SoundFileError, TypeError) as error:  # TypeError: a suffix of headerless files
            source.check()
            raise DecodeFailed(refusal(error)) from None
        source.check()


def refusal(error: Exception) -> str:
    """Return libsndfile's message without the path, which the caller adds."""
    if isinstance(error, TypeError) or getattr(error, "code", None) in _UNKNOWN:
        return f"libsndfile: {UNKNOWN_FORMAT}"
    return f"libsndfile: {getattr(error, 'error_string', error)}"
