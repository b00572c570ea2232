"""Altered versions of a track: coded at a low bit rate, quieter, clipped, after a silence, in mono."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile

from workers.audio.decode import load
from workers.audio.mixing import Samples

#: Bits per second of the coded variants.
BIT_RATE = 64_000
#: Encoders of the coded variants.
ENCODERS = {"opus": "libopus", "mp3": "libmp3lame"}
CODED = tuple(ENCODERS)
#: Samples per second of the coded variants, and of the others.
RATES, PLAIN_RATE = {"opus": 48000, "mp3": 44100}, 44100
#: 12 dB down; 6 dB up, clipped at full scale.
QUIETER, LOUDER = np.float32(10 ** (-12 / 20)), np.float32(10 ** (6 / 20))
#: Seconds of silence before the late variant.
SILENCE = 5
VARIANTS = (*CODED, "quieter", "louder", "late", "mono")


def write_altered(path: Path, variant: str, folder: Path) -> Path:
    """Write the track to `folder` as `variant` (one of `VARIANTS`), in stereo except for mono; returns the file."""
    rate = RATES.get(variant, PLAIN_RATE)
    samples = load(path, rate, channels=2).samples
    if not samples[1].any():
        samples[1] = samples[0]  # a mono file: use it for both sides
    target = folder / f"{variant}.{variant if variant in ENCODERS else 'wav'}"
    if variant in ENCODERS:
        encode(samples, rate, ENCODERS[variant], BIT_RATE, target)
    else:
        soundfile.write(target, _changed(samples, variant).T, rate, subtype="PCM_16")
    return target


def _changed(samples: Samples, variant: str) -> Samples:
    """[channels, n]; libsndfile clips what exceeds full scale."""
    if variant == "quieter":
        return np.asarray(samples * QUIETER)
    if variant == "louder":
        return np.asarray(np.clip(samples * LOUDER, -1, 1))
    if variant == "mono":
        return np.asarray(samples.mean(axis=0, keepdims=True))
    return np.pad(samples, ((0, 0), (SILENCE * PLAIN_RATE, 0)))


def encode(samples: Samples, rate: int, encoder: str, bit_rate: int, target: Path) -> None:
    """Write stereo `samples` [2, n] to `target` with FFmpeg's `encoder`, at about `bit_rate` bits per second."""
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
