"""Baselines that a descriptor must beat: chance, and the means of cepstral coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from bench.corpus import Track
from bench.measures import Matrix, Score
from bench.quality_table import difference
from bench.report import Row
from workers.audio.decode import open_stream
from workers.models.spectral.descriptor import describe
from workers.models.spectral.frames import RATE

#: Numbers in a random vector.
DIMENSION = 96


def random_vectors(count: int) -> Matrix:
    """Returns [count, 96] random directions, unrelated to the music and always the same."""
    return np.random.default_rng(0).standard_normal((count, DIMENSION))


def cepstral_means(tracks: Sequence[Track], processes: int) -> Matrix:
    """Returns the [n, 20] means of each track's cepstral coefficients, as deviations from the library's mean."""
    with ProcessPoolExecutor(processes) as pool:
        means = np.stack(list(pool.map(_mean, [track.path for track in tracks])))
    return np.asarray((means - means.mean(axis=0)) / (means.std(axis=0) + 1e-9))


def _mean(path: Path) -> Matrix:
    with open_stream(path, RATE) as stream:
        features = describe(block[0] for block in stream)
    if features is None:
        raise SystemExit(f"{path} has no audible sound, yet it was embedded")
    return features["mfcc"]


def better_by(name: str, ours: Score, theirs: Score) -> list[Row]:
    """Returns the mean of the paired differences, and its standard error."""
    mean, error = difference(ours, theirs)
    return [Row(name, mean, ""), Row("  standard error", error, "")]
