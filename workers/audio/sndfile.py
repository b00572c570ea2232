"""Decoding with libsndfile: wav, flac, ogg, mp3, opus. Releases the GIL."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import numpy.typing as npt
import soundfile

from broker.errors import DecodeFailed
from workers.audio.mixing import Samples, Whole
from workers.audio.notes import noted

#: Frames that are decoded at once: 1.4 s at 48 kHz.
BLOCK_FRAMES = 1 << 16
#: Files that libsndfile gives to libmpg123.
NOTED = (".mp1", ".mp2", ".mp3", ".mpga")


def read(path: str) -> Iterator[tuple[Samples, int]]:
    """Blocks (samples [n, channels] float32, rate in Hz), never an empty one. Raises `DecodeFailed`."""
    return _blocks(path, "float32")


def read_whole(path: str) -> Iterator[tuple[Whole, int]]:
    """The same as whole numbers at the upper end of 32 bits."""
    return _blocks(path, "int32")


def _blocks(path: str, dtype: str) -> Iterator[tuple[npt.NDArray[Any], int]]:
    try:
        noting = noted if path.lower().endswith(NOTED) else contextlib.nullcontext
        with noting(path):
            opened = soundfile.SoundFile(os.fsencode(path))
        with opened as file:
            while True:
                with noting(path):
                    block = file.read(BLOCK_FRAMES, dtype=dtype, always_2d=True)
                if not len(block):
                    return
                yield block, file.samplerate
    except (soundfile.SoundFileError, TypeError) as error:  # TypeError: headerless files, by their name
        raise DecodeFailed(refusal(error)) from None


def refusal(error: Exception) -> str:
    """What libsndfile says, without the path, which the caller names."""
    return f"libsndfile: {getattr(error, 'error_string', error)}"
