"""How many bits a sample of a file is worth keeping."""

from __future__ import annotations

import os
from typing import Final

import soundfile

from broker.errors import DecodeFailed
from workers.audio.ffmpeg import first_audio, open_container

#: Bits by libsndfile's subtypes that hold whole numbers; FLAC files are written with 24 at most.
_WHOLE: Final = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 24, "ALAC_16": 16, "ALAC_24": 24}
_FLOAT: Final = frozenset({"FLOAT", "DOUBLE"})
#: Bits of what a lossy codec gives, and of floating-point samples.
LOSSY_BITS: Final = 16
FLOAT_BITS: Final = 24


def bits_of(path: str) -> int:
    """8, 16 or 24: 16 for lossy files, 24 for floating-point samples, else what the file has (24 for more).

    Raises `DecodeFailed` where no demuxer knows the file.
    """
    try:
        subtype = soundfile.info(os.fsencode(path)).subtype
    except (soundfile.SoundFileError, TypeError):
        return _by_codec(path)
    return FLOAT_BITS if subtype in _FLOAT else _WHOLE.get(subtype, LOSSY_BITS)


def _by_codec(path: str) -> int:
    with open_container(path) as container:
        context = first_audio(container).codec_context
        if context.format is None:
            raise DecodeFailed("FFmpeg: there is no audio in the file")
        sample = context.format.name.removesuffix("p")
        if not context.codec.lossless:
            return LOSSY_BITS
    return {"u8": 8, "s16": 16}.get(sample, FLOAT_BITS)
