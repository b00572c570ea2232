"""Makes the constants of `spectral` from development music: `python -m bench.spectral_constants CORPUS.csv MUSIC`.

It uses no labels. It estimates mean, deviation and principal axes of each kind of feature, the same of all kinds
together, and how much every number changes when a track is coded at 64 kbit/s.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

import workers.models.spectral
from bench.altered import CODED, write_altered
from bench.corpus import Track, read_corpus
from workers.audio.decode import open_stream
from workers.models.spectral import DIMENSION
from workers.models.spectral.descriptor import FEATURES, Features, describe
from workers.models.spectral.frames import RATE, Array
from workers.models.spectral.projection import FILE, Projection

#: One in this many tracks is re-encoded, to see what codecs change.
CODED_EVERY = 2
#: Principal axes kept of each kind.
AXES = 32
#: Exponent of an axis's variance when whitening a kind (1 would whiten fully).
KIND_WHITENING = 0.4
#: Added to all variances, as a share of the largest: of a kind, and of all kinds together.
KIND_SHRINKAGE, SHRINKAGE = 0.02, 0.3
#: Penalty for changes by codecs: on a feature, and on a final axis.
KIND_DISTRUST, DISTRUST = 16.0, 10.0

Matrix = npt.NDArray[np.floating]
Pairs = Sequence[tuple[Features, Features]]


def fit(tracks: Sequence[Features], pairs: Pairs) -> Projection:
    """Fit constants to the features of many tracks, and to (original, coded) pairs of some."""
    mean, scale, axes = {}, {}, {}
    for name in FEATURES:
        values = np.stack([track[name] for track in tracks]).astype(float)
        mean[name], deviation = _single(values.mean(axis=0)), values.std(axis=0) + 1e-6
        change = (np.stack([coded[name] - original[name] for original, coded in pairs]) / deviation) ** 2
        scale[name] = _single(1 / (deviation * np.sqrt(1 + KIND_DISTRUST * change.mean(axis=0))))
        axes[name] = _single(_principal((values - mean[name]) * scale[name], AXES, KIND_WHITENING, KIND_SHRINKAGE))
    first = Projection(mean, scale, axes, np.zeros(1, np.float32), np.zeros(1, np.float32))
    kinds = np.stack([first.kinds(track) for track in tracks]).astype(float)
    centre = kinds.mean(axis=0)
    turn = _principal(kinds - centre, DIMENSION, 1.0, SHRINKAGE)
    spread = ((kinds - centre) @ turn).std(axis=0)
    moved = np.stack([first.kinds(coded) - first.kinds(original) for original, coded in pairs]) @ turn
    turn = turn / np.sqrt(1 + DISTRUST * (moved**2).mean(axis=0) / spread**2)
    return Projection(mean, scale, axes, _single(centre), _single(turn))


def _principal(centred: Matrix, axes: int, whitening: float, shrinkage: float) -> Matrix:
    """Returns [d, k]: principal axes of [n, d], each divided by its shrunk deviation to the power of `whitening`."""
    _, singular, rows = np.linalg.svd(centred, full_matrices=False)
    variance = singular**2 / len(centred)
    count = min(axes, len(variance))
    shrunk = variance[:count] + shrinkage * variance[0]
    return np.asarray(rows[:count].T / shrunk ** (whitening / 2))


def _single(values: Matrix) -> Array:
    return np.asarray(values, np.float32)


def _listen(path: Path) -> Features:
    """Returns the features of one track. Raises `ValueError` if nothing is audible."""
    with open_stream(path, RATE) as stream:
        features = describe(block[0] for block in stream)
    if features is None:
        raise ValueError(f"{path} has no audible sound")
    return features


def _listen_to_track(track: Track) -> Features:
    return _listen(track.path)


def _listen_to_copies(track: Track) -> list[Features]:
    with tempfile.TemporaryDirectory() as folder:
        return [_listen(write_altered(track.path, variant, Path(folder))) for variant in CODED]


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the music, fit, and write the file beside the code (or to `--output`)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, help="csv of tracks")
    parser.add_argument("music", type=Path, help="root folder of the csv's paths")
    parser.add_argument("--output", default=str(Path(workers.models.spectral.__file__).with_name(FILE)))
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args(arguments)
    tracks = read_corpus(options.corpus, options.music)
    with ProcessPoolExecutor(options.processes) as pool:
        features = list(pool.map(_listen_to_track, tracks))
        copies = list(pool.map(_listen_to_copies, tracks[::CODED_EVERY]))
    pairs = [(features[n * CODED_EVERY], copy) for n, found in enumerate(copies) for copy in found]
    fit(features, pairs).save(options.output)
    print(f"{len(features)} tracks and {len(pairs)} coded copies: {options.output}")


if __name__ == "__main__":
    main()
