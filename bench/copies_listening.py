"""Embeds copies of the same music as other files hold it: other codecs, another level, a remaster."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soundfile

from bench.altered import encode
from bench.corpus import Track
from bench.listening import embed
from bench.measures import Matrix
from workers.audio.decode import load
from workers.audio.mixing import Samples

#: Seconds of silence at the beginning of another rip.
LEAD = 0.5
#: How much a remaster boosts changes from sample to sample (treble), and how far it drives the rest into the limiter.
BRIGHTER, LOUDER = 0.4, 1.6


@dataclass(frozen=True, slots=True)
class Coding:
    """FFmpeg's encoder, bits per second, samples per second, and the file extension."""

    encoder: str
    bits: int
    rate: int
    ending: str


CODINGS: Mapping[str, Coding] = {
    "mp3 at 192 kbit/s": Coding("libmp3lame", 192_000, 44_100, "mp3"),
    "mp3 at 128 kbit/s": Coding("libmp3lame", 128_000, 44_100, "mp3"),
    "mp3 at 64 kbit/s": Coding("libmp3lame", 64_000, 44_100, "mp3"),
    "AAC at 96 kbit/s": Coding("aac", 96_000, 44_100, "m4a"),
    "Opus at 64 kbit/s": Coding("libopus", 64_000, 48_000, "opus"),
}
VORBIS = "Vorbis by libsndfile"
CHANGES = ("half as loud, half a second late", "remaster")
#: Samples per second of variants that are not coded.
RATE = 44_100
VARIANTS = (*CODINGS, VORBIS, *CHANGES)


def listen_to_copies(tracks: Sequence[Track], model: str, processes: int, every: int) -> dict[str, dict[int, Matrix]]:
    """Returns, by variant and track index, the vectors of copies of every `every`-th track."""
    chosen = range(0, len(tracks), every)
    with ProcessPoolExecutor(processes) as pool:
        found = list(pool.map(partial(_copies, model), [tracks[index].path for index in chosen]))
    return {
        variant: {index: copies[variant] for index, copies in zip(chosen, found, strict=True) if variant in copies}
        for variant in VARIANTS
    }


def _copies(model: str, path: Path) -> dict[str, Matrix]:
    with tempfile.TemporaryDirectory() as folder:
        heard = {variant: embed(model, write_copy(path, variant, Path(folder))) for variant in VARIANTS}
    return {variant: one.vector for variant, one in heard.items() if one is not None}


def write_copy(path: Path, variant: str, folder: Path) -> Path:
    """Write the track to `folder` as `variant` (one of `VARIANTS`), in stereo; returns the file."""
    coding = CODINGS.get(variant)
    rate = RATE if coding is None else coding.rate
    samples = load(path, rate, channels=2).samples
    if not samples[1].any():
        samples[1] = samples[0]  # a mono file: use it for both sides
    if coding is not None:
        target = folder / f"coded.{coding.ending}"
        encode(samples, rate, coding.encoder, coding.bits, target)
        return target
    if variant == VORBIS:
        return _vorbis(samples, folder / "coded.ogg")
    target = folder / "changed.wav"
    soundfile.write(target, _changed(samples, variant).T, rate, subtype="PCM_16")
    return target


def _vorbis(samples: Samples, target: Path) -> Path:
    with soundfile.SoundFile(target, "w", RATE, 2, "VORBIS", format="OGG") as file:
        for start in range(0, samples.shape[1], RATE):  # all at once overflows the encoder's stack
            file.write(samples[:, start : start + RATE].T)
    return target


def _changed(samples: Samples, variant: str) -> Samples:
    if variant == "remaster":
        brighter = samples + np.float32(BRIGHTER) * np.diff(samples, axis=1, prepend=np.float32(0))
        loud: Samples = np.tanh(brighter * np.float32(LOUDER)).astype(np.float32)
        return loud
    return np.pad(samples * np.float32(0.5), ((0, 0), (round(LEAD * RATE), 0)))
