"""Decides how many bits per sample of a file to keep."""

from __future__ import annotations

import os
from typing import Any, Final

import mutagen
import soundfile

from contract.errors import DecodeFailed
from workers.audio.ffmpeg import first_audio, open_container
from workers.audio.source import AudioFile

#: Bits by libsndfile subtype, for integer samples.
_WHOLE: Final = {
    "PCM_S8": 8,
    "PCM_U8": 8,
    "PCM_16": 16,
    "PCM_24": 24,
    "PCM_32": 32,
    "ALAC_16": 16,
    "ALAC_20": 24,
    "ALAC_24": 24,
    "ALAC_32": 32,
}
_FLOAT: Final = frozenset({"FLOAT", "DOUBLE"})
#: Bits for lossy codecs, and for floating-point samples.
LOSSY_BITS: Final = 16
FLOAT_BITS: Final = 24
#: Bits that 32-bit floats cannot represent exactly.
EXACT_BITS: Final = 32


def bits_of(path: str) -> int:
    """Return 8, 16, 24 or 32: 16 for lossy files, 24 for floating-point samples, else the bits of the file.

    Raises `DecodeFailed` if no demuxer recognises the file.
    """
    try:
        subtype = soundfile.info(os.fsencode(path)).subtype
    except (soundfile.SoundFileError, TypeError):
        return _by_codec(path)
    return FLOAT_BITS if subtype in _FLOAT else _WHOLE.get(subtype, LOSSY_BITS)


def _by_codec(path: str) -> int:
    with AudioFile(path) as source, open_container(source) as container:
        context = first_audio(container).codec_context
        if context.format is None:
            raise DecodeFailed("FFmpeg: there is no audio in the file")
        sample = context.format.name.removesuffix("p")
        if not context.codec.lossless:
            return LOSSY_BITS
    if sample == "s32" and _told(path) == EXACT_BITS:  # FFmpeg also decodes 24 bits to s32
        return EXACT_BITS
    return {"u8": 8, "s16": 16}.get(sample, FLOAT_BITS)


def _told(path: str) -> int:
    """Return the bits per sample in the header of a lossless file; 0 if unknown."""
    try:
        info: Any = getattr(mutagen.File(path), "info", None)
    except (mutagen.MutagenError, OSError):
        return 0
    return int(getattr(info, "bits_per_sample", 0) or 0)
