"""Real audio files for tests, made on the spot in every supported format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

Signal = NDArray[np.float32]

RATE = 48000
#: Encoder of FFmpeg by suffix, for the formats that libsndfile cannot write.
ENCODERS = {"m4a": "aac", "wma": "wmav2", "aac": "aac"}
SUBTYPES = {"opus": "OPUS", "ogg": "VORBIS"}
#: Every kind the tests write.
KINDS = ("wav", "flac", "ogg", "mp3", "opus", "m4a", "wma", "aac")


def tone(seconds: float = 2.0, rate: int = RATE, pitch: float = 440.0, level: float = 0.3) -> Signal:
    """[n] float32: a tone with two overtones, swelling once a second, so that no two seconds are equal."""
    t = np.arange(int(seconds * rate)) / rate
    wave = sum(np.sin(2 * np.pi * pitch * n * t) / n for n in (1, 2, 3))
    return (level * wave * (0.6 + 0.4 * np.sin(2 * np.pi * 0.7 * t)) / 1.5).astype(np.float32)


def stereo(seconds: float = 2.0, rate: int = RATE) -> Signal:
    """[n, 2] float32: two unlike channels."""
    return np.stack([tone(seconds, rate), tone(seconds, rate, 660.0, 0.15)], axis=1)


def write(path: Path, samples: Signal, rate: int = RATE) -> Path:
    """Encode [n] or [n, channels] as the suffix says."""
    kind = path.suffix.lstrip(".")
    if kind not in ENCODERS:
        fmt = "OGG" if kind in ("ogg", "opus") else None
        soundfile.write(path, samples, rate, format=fmt, subtype=SUBTYPES.get(kind))
        return path
    frames = samples if samples.ndim == 2 else samples[:, None]
    layout = "stereo" if frames.shape[1] == 2 else "mono"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(ENCODERS[kind], rate=rate, layout=layout)
        stream.bit_rate = 128_000
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(frames.T), format="fltp", layout=layout)
        frame.sample_rate = rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return path
