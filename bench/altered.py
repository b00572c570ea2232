"""The same track as it might also be met: coded at a low bit rate, quieter, after a silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile

from workers.audio.decode import load
from workers.audio.mixing import Samples

#: Bits a second of the coded variants.
BIT_RATE = 64_000
#: Encoder of the variants that are coded anew.
ENCODERS = {"opus": "libopus", "mp3": "libmp3lame"}
CODED = tuple(ENCODERS)
#: Samples a second of every altered copy.
RATES = {"opus": 48000, "mp3": 44100, "quieter": 44100, "late": 44100}
#: 6 dB less.
QUIETER = np.float32(10 ** (-6 / 20))
#: Seconds of silence before the late variant.
SILENCE = 5
VARIANTS = (*CODED, "quieter", "late")


def write_altered(path: Path, variant: str, folder: Path) -> Path:
    """A file in `folder` that holds the track as `variant` (one of `VARIANTS`), in stereo."""
    rate = RATES[variant]
    samples = load(path, rate, channels=2).samples
    if not samples[1].any():
        samples[1] = samples[0]  # a mono file: both sides
    target = folder / f"{variant}.{variant if variant in ENCODERS else 'wav'}"
    if variant in ENCODERS:
        encode(samples, rate, ENCODERS[variant], BIT_RATE, target)
        return target
    changed = samples * QUIETER if variant == "quieter" else np.pad(samples, ((0, 0), (SILENCE * rate, 0)))
    soundfile.write(target, changed.T, rate, subtype="PCM_16")
    return target


def encode(samples: Samples, rate: int, encoder: str, bit_rate: int, target: Path) -> None:
    """Write stereo `samples` [2, n] to `target` by FFmpeg's `encoder`, at about `bit_rate` bits a second."""
    with av.open(str(target), "w") as container:
        stream: Any = container.add_stream(encoder, rate=rate, layout="stereo")
        stream.bit_rate = bit_rate
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="stereo", rate=rate)
        for start in range(0, samples.shape[1], rate):
            piece = np.ascontiguousarray(samples[:, start : start + rate])
            frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="stereo")
            frame.sample_rate = rate
            for converted in resampler.resample(frame):
                container.mux(stream.encode(converted))
        for converted in resampler.resample(None):
            container.mux(stream.encode(converted))
        container.mux(stream.encode(None))
