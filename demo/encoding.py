"""Encodes samples as real files: mp3, flac, ogg, opus and wav with libsndfile, m4a with FFmpeg.

Equal samples give equal bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import soundfile
from mutagen import ogg

from demo.synthesis import Signal

#: libsndfile's container and codec by file suffix.
SNDFILE: Final = {
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "wav": ("WAV", "PCM_16"),
}
#: Bits per second of AAC, per channel.
AAC_BITS: Final = 64_000
#: Samples to hand to an encoder at once.
BLOCK: Final = 65_536
#: Replaces the random serial number of an Ogg stream.
SERIAL: Final = 0x50_4E_49_43


def encode(path: Path, suffix: str, sound: Signal, rate: int) -> None:
    """Write `sound` `[channels, n]` to `path` in the format of `suffix`."""
    if suffix == "m4a":
        _encode_aac(path, sound, rate)
        return
    container, codec = SNDFILE[suffix]
    options = {"compression_level": 0.3} if suffix in {"mp3", "ogg", "opus"} else {}
    with soundfile.SoundFile(path, "w", rate, len(sound), codec, format=container, **options) as file:
        for start in range(0, sound.shape[1], BLOCK):
            file.write(np.ascontiguousarray(sound[:, start : start + BLOCK].T))
    if container == "OGG":
        _fix_serial(path)


def _encode_aac(path: Path, sound: Signal, rate: int) -> None:
    layout = "mono" if len(sound) == 1 else "stereo"
    with av.open(str(path), "w", format="ipod", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("aac", rate=rate, layout=layout)
        stream.bit_rate = AAC_BITS * len(sound)
        for start in range(0, sound.shape[1], BLOCK):
            block = np.ascontiguousarray(sound[:, start : start + BLOCK])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = rate, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _fix_serial(path: Path) -> None:
    """Replace the stream's serial number with ours and recompute the pages' checksums."""
    page_type: Any = ogg.OggPage  # mutagen has no types
    pages = []
    with path.open("rb") as file:
        while True:
            try:
                page = page_type(file)
            except EOFError:
                break
            page.serial = SERIAL
            pages.append(page.write())
    path.write_bytes(b"".join(pages))
