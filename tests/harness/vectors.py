"""Rows and vectors for the tests of the search worker."""

from __future__ import annotations

import numpy as np

from broker.vectors import Vectors
from contract.search import Row


def random_unit(count: int, dimension: int, seed: int = 0) -> Vectors:
    """[count, dimension] directions."""
    vectors = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def clusters(count: int, per_cluster: int, dimension: int, spread: float = 0.2, seed: int = 0) -> Vectors:
    """[count * per_cluster, dimension] directions around `count` random centres, cluster by cluster."""
    rng = np.random.default_rng(seed)
    centres = np.repeat(random_unit(count, dimension, seed), per_cluster, axis=0)
    vectors = centres + spread * rng.standard_normal(centres.shape).astype(np.float32) / np.sqrt(dimension)
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


def rows(count: int, start: int = 0, artists: int = 0, library: int = 1) -> list[Row]:
    """`count` tracks t000000, ...; each of its own artist unless `artists` says how many share them."""
    return [
        Row(
            track_id=f"t{number:06}",
            library_id=library,
            artist_id=f"artist{number % artists if artists else number}",
            album_id=f"album{number // 10}",
            audio_id=f"audio{number}",
            duration=100.0 + 3.0 * number,  # what is as long and sounds the same would be one recording
            model_id="model",
            embedded_at=1.7e9,
            title=f"Title {number}",
            artist=f"Artist {number % artists if artists else number}",
        )
        for number in range(start, start + count)
    ]
