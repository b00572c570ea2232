"""Speed of `spectral` on one core, after decoding and including it: `python -m bench.spectral`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import soundfile

from bench.report import Row, report
from workers.audio.decode import load, open_stream
from workers.models.spectral.descriptor import describe
from workers.models.spectral.frames import RATE, Array
from workers.models.spectral.projection import constants

#: Seconds of the track.
SECONDS = 180
#: Samples per second and formats of the files used to measure decoding.
FILE_RATE, FORMATS = 44100, {"mp3": None, "flac": None, "ogg": "VORBIS"}
#: Runs of each measurement; the fastest counts, since other programs slow down the rest.
RUNS = 3
#: Required multiple of real time after decoding.
GOAL = 100.0


def music(seconds: int) -> Array:
    """Returns [n, 2] float32 at `FILE_RATE`: chords that change twice a second over noise, different on each side."""
    t = np.arange(seconds * FILE_RATE) / FILE_RATE
    beat = np.floor(t * 2)
    wave = sum(np.sin(2 * np.pi * 110 * 2 ** ((beat * step % 12) / 12) * t) for step in (3, 5, 7))
    hiss = np.random.default_rng(0).standard_normal((2, len(t)))
    sides = 0.1 * wave * np.exp(-3 * (t * 2 - beat)) + 0.02 * hiss
    return np.ascontiguousarray(sides.T, np.float32)


def write(path: Path, samples: Array, subtype: str | None) -> None:
    """Encode second by second: libsndfile's Vorbis encoder overflows the stack if it gets minutes at once."""
    with soundfile.SoundFile(path, "w", FILE_RATE, samples.shape[1], subtype) as file:
        for start in range(0, len(samples), FILE_RATE):
            file.write(samples[start : start + FILE_RATE])


def fastest(work: Callable[[], object]) -> float:
    """Returns the CPU seconds of the fastest run over all threads: what one core would take."""
    times = []
    for _ in range(RUNS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def embed(path: Path) -> Array:
    """Decode and describe a file, block by block."""
    with open_stream(path, RATE) as stream:
        features = describe(block[0] for block in stream)
    if features is None:
        raise ValueError(f"{path} has no audible sound")
    return constants().vector(features)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; returns 1 if the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, subtype in FORMATS.items():
            path = Path(folder) / f"track.{kind}"
            write(path, music(options.seconds), subtype)
            if not rows:
                samples = load(path, RATE).samples[0]
                speed = options.seconds / fastest(lambda: describe([samples]))  # noqa: B023  called immediately
                rows.append(Row("after decoding", speed, "x", f">= {GOAL:g}", speed >= GOAL))
                rows.append(Row("CPU after decoding", 60 / speed, "s/min"))
            speed = options.seconds / fastest(lambda: embed(path))  # noqa: B023  called immediately
            rows.append(Row(f"with decoding, {kind}", speed, "x"))
    return report("spectral: multiples of real time on one core", rows, options.json)


if __name__ == "__main__":
    sys.exit(main())
