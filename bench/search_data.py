"""Shared by the parts of the search bench: seeded vectors, rows, timing, recall and a figure with its goal."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bench.report import Row as Figure
from broker.vectors import Vectors
from demo.ids import row_id

if TYPE_CHECKING:
    from contract.search import Row
    from workers.search.store.vector_store import VectorStore

DIMENSION = 1536
COLLECTION = "embedding"
#: The planted data: clusters, dimensions of their subspace, spread within a cluster, length of the noise (signal: 1).
CLUSTERS, SUBSPACE, SPREAD, NOISE = 2000, 48, 0.3, 0.3
#: Rows per write, neighbours requested.
BATCH, NEIGHBOURS = 100, 75
#: Wished-for milliseconds: a search, an inserted row; and the mark beside such a figure.
SEARCH, INSERT, WISH = 100, 10, " (seeds' wish)"


def planted(count: int, dimension: int = DIMENSION, seed: int = 0) -> Vectors:
    """Returns [count, dimension] unit vectors in clusters; a track has the same cluster in every dimension."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((CLUSTERS, SUBSPACE)).astype(np.float32)
    points = centres[rng.integers(0, CLUSTERS, count)]
    points = points + SPREAD * rng.standard_normal((count, SUBSPACE)).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    rng = np.random.default_rng((seed, dimension))
    basis = np.linalg.qr(rng.standard_normal((dimension, SUBSPACE)))[0].T.astype(np.float32)
    noise = rng.standard_normal((count, dimension), np.float32)
    noise *= np.float32(NOISE / np.sqrt(dimension))
    noise += points @ basis
    return unit(noise)


def gaussian(count: int, dimension: int = DIMENSION, seed: int = 0) -> Vectors:
    """Returns [count, dimension] unit vectors without structure."""
    return unit(np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32))


def unit(vectors: Vectors) -> Vectors:
    """Scale rows to length 1."""
    scaled: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled.astype(np.float32, copy=False)


def track_id(number: int) -> str:
    """Returns the id of a track, as Navidrome would give it."""
    return row_id("track", number)


def track_rows(start: int, stop: int) -> list[Row]:
    """Returns rows of the tracks from `start` up to, but not including, `stop`; twelve per album and artist."""
    from contract.search import Row

    return [
        Row(
            track_id=track_id(n),
            library_id=1,
            artist_id=f"artist{n // 12}",
            album_id=f"album{n // 12}",
            audio_id=f"audio{n}",
            duration=120 + 37 * n % 301,
            model_id="m",
            embedded_at=1,
            title=f"T{n}",
            artist=f"A{n // 12}",
        )
        for n in range(start, stop)
    ]


def write(store: VectorStore, collection: str, vectors: Vectors, dimension: int) -> list[float]:
    """Write the tracks' vectors [n, stored], `BATCH` rows at a time; returns milliseconds of each write."""
    return [
        timed(
            partial(
                store.upsert,
                collection,
                track_rows(start, min(start + BATCH, len(vectors))),
                vectors[start : start + BATCH],
                dimension,
            )
        )
        for start in range(0, len(vectors), BATCH)
    ]


def search(store: VectorStore, vectors: Vectors, chosen: npt.NDArray[np.intp]) -> tuple[float, list[float]]:
    """Search the neighbours of each chosen vector; returns recall against the exact answer, milliseconds of each."""
    return search_for(store, vectors[chosen], nearest(vectors[chosen], vectors, NEIGHBOURS))


def search_for(store: VectorStore, queries: Vectors, exact: npt.NDArray[np.intp]) -> tuple[float, list[float]]:
    """Search the neighbours of [q, dim] queries; returns recall of the [q, k] `exact` ones, milliseconds of each."""
    found = list[set[str]]()

    def ask(query: Vectors) -> None:
        found.append({row.track_id for row in store.search(COLLECTION, query[None], NEIGHBOURS).rows})

    times = [timed(partial(ask, query)) for query in queries]
    hits = [len(got & set(map(track_id, best))) / NEIGHBOURS for got, best in zip(found, exact.tolist(), strict=True)]
    return float(np.mean(hits)), times


def nearest(queries: Vectors, vectors: Vectors, k: int) -> npt.NDArray[np.intp]:
    """Returns the [q, k] rows with the largest inner products."""
    return np.argsort(-(queries @ vectors.T), axis=1)[:, :k]


def timed(call: Callable[[], object]) -> float:
    """Returns the milliseconds of one call."""
    start = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - start)


def fresh(function: Callable[..., dict[str, float]], *arguments: object) -> dict[str, float]:
    """Run a call in a new process, so that its memory and opening time are its own; returns the result."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the search worker sets it
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def p50(times: Sequence[float]) -> float:
    return float(np.median(times))


def p95(times: Sequence[float]) -> float:
    return float(np.percentile(times, 95))


def at_most(name: str, value: float, unit: str, most: float, whose: str = "") -> Figure:
    """Returns a figure whose goal is `most`; `whose` names who set it."""
    return Figure(name, value, unit, f"<= {most:g}{whose}", value <= most)


def at_least(name: str, value: float, unit: str, least: float) -> Figure:
    """Returns a figure whose goal is `least`."""
    return Figure(name, value, unit, f">= {least:g}", value >= least)
