"""Decoding with libsndfile: wav, flac, ogg, mp3, opus. Releases the GIL."""

from __future__ import annotations

import os
from collections.abc import Iterator

import soundfile

from broker.errors import DecodeFailed
from workers.audio.mixing import Samples

#: Frames that are decoded at once: 1.4 s at 48 kHz.
BLOCK_FRAMES = 1 << 16


def read(path: str) -> Iterator[tuple[Samples, int]]:
    """Blocks (samples [n, channels] float32, rate in Hz), never an empty one. Raises `DecodeFailed`."""
    try:
        with soundfile.SoundFile(os.fsencode(path)) as file:
            while len(block := file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)):
                yield block, file.samplerate
    except (soundfile.SoundFileError, TypeError) as error:  # TypeError: headerless files, by their name
        raise DecodeFailed(refusal(error)) from None


def refusal(error: Exception) -> str:
    """What libsndfile says, without the path, which the caller names."""
    return f"libsndfile: {getattr(error, 'error_string', error)}"
