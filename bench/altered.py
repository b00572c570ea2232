"""The same track as it might also be met: coded at a low bit rate, quieter, after a silence."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np

from workers.audio.decode import load
from workers.embedding.spectral.frames import RATE, Array

#: Bits a second of the coded variants.
BIT_RATE = 64_000
#: Encoder and rate in Hz of the variants that are coded anew.
ENCODERS = {"opus": ("libopus", 48000), "mp3": ("libmp3lame", 44100)}
CODED = tuple(ENCODERS)
#: 6 dB less.
QUIETER = np.float32(10 ** (-6 / 20))
#: Seconds of silence before the late variant.
SILENCE = 5
VARIANTS = (*CODED, "quieter", "late")


def altered(path: Path, variants: Sequence[str] = VARIANTS) -> Iterator[tuple[str, Array]]:
    """(variant, samples [n] float32 mono at `RATE`) of a track."""
    plain: Array | None = None
    for variant in variants:
        if variant in ENCODERS:
            yield variant, coded(path, variant)
            continue
        plain = load(path, RATE).samples[0] if plain is None else plain
        if variant == "quieter":
            yield variant, np.asarray(plain * QUIETER)
        else:
            yield variant, np.concatenate([np.zeros(SILENCE * RATE, np.float32), plain])


def coded(path: Path, kind: str) -> Array:
    """[n] float32 mono at `RATE`: the track after a round through an encoder, in stereo."""
    encoder, rate = ENCODERS[kind]
    stereo: Array = load(path, rate, channels=2).samples
    if not stereo[1].any():
        stereo[1] = stereo[0]  # a mono file: both sides
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"coded.{kind}"
        _encode(stereo, rate, encoder, target)
        decoded: Array = load(target, RATE).samples[0]
        return decoded


def _encode(samples: Array, rate: int, encoder: str, target: Path) -> None:
    with av.open(str(target), "w") as container:
        stream: Any = container.add_stream(encoder, rate=rate, layout="stereo")
        stream.bit_rate = BIT_RATE
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
