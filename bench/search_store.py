"""A filled embedded store for the benches: its vectors, some queries with their exact answers, and what filling took.

Filling 100,000 rows takes minutes, most of it for the graph, so that a bench can keep the folder for the next run.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from bench.processes import anonymous_bytes
from bench.search_data import COLLECTION, DIMENSION, NEIGHBOURS, fresh, gaussian, nearest, planted, write
from broker.vectors import Vectors

KINDS: Final = {"clusters": planted, "gaussian": gaussian}
#: Tracks that searches and lists start from.
QUERIES: Final = 200
#: Seconds between samples of a process's memory.
SAMPLE_SECONDS: Final = 0.02
DONE, VECTORS, STORE = "filled.json", "vectors.npy", "milvus.db"


@contextmanager
def filled_store(kind: str, count: int, keep: Path | None) -> Iterator[tuple[Path, dict[str, float]]]:
    """Yields a folder with a filled store, and the figures of filling it; none if `keep` had it from an earlier run.

    Besides the store, `milvus.db`, it has `vectors.npy` [count, dim].
    """
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="sm-bench") as made:
            yield Path(made), _fill(Path(made), kind, count)
        return
    folder, figures = keep.resolve() / f"{kind}-{count}", dict[str, float]()
    if not (folder / DONE).exists():
        folder.mkdir(parents=True)  # fails for one that is half filled: delete it
        figures = _fill(folder, kind, count)
        (folder / DONE).write_text(json.dumps(figures))
    yield folder, figures


def _fill(folder: Path, kind: str, count: int) -> dict[str, float]:
    fresh(make, folder, kind, count)
    return fresh(fill, folder, count)


def make(folder: Path, kind: str, count: int) -> dict[str, float]:
    """Write the vectors, in a process of its own: they would count as the store's memory."""
    np.save(folder / VECTORS, KINDS[kind](count))
    return {}


def fill(folder: Path, count: int) -> dict[str, float]:
    """Write the rows into a new store and wait for its index; returns ms per row and of the slowest write, and MB."""
    from workers.search.store.embedded import EmbeddedStore

    store, memory = EmbeddedStore(folder / STORE), MostMemory()
    with memory:
        writes = write(store, COLLECTION, np.load(folder / VECTORS, mmap_mode="r"), DIMENSION)
        building = time.perf_counter()
        while store.busy():
            time.sleep(0.05)
        built = 1000 * (time.perf_counter() - building)
        store.close()
    return {
        "write": sum(writes) / count,
        "slowest": max(writes),
        "index": (sum(writes) + built) / count,
        "filling": memory.most / 1e6,
    }


def chosen(count: int) -> list[int]:
    """Returns the numbers of the tracks that the benches start from."""
    numbers: list[int] = np.random.default_rng(7).integers(0, count, QUERIES).tolist()
    return numbers


def expected(folder: Path, count: int) -> tuple[Vectors, npt.NDArray[np.intp]]:
    """Returns the vectors [q, dim] of `chosen` and their exact neighbours [q, k]; computed in another process."""
    known = folder / "expected.npz"
    if not known.exists():
        fresh(expect, folder, count)
    with np.load(known) as found:
        return found["queries"], found["nearest"]


def expect(folder: Path, count: int) -> dict[str, float]:
    """Write what `expected` returns."""
    vectors = np.load(folder / VECTORS)
    queries = vectors[chosen(count)]
    np.savez(folder / "expected.npz", queries=queries, nearest=nearest(queries, vectors, NEIGHBOURS))
    return {}


class MostMemory:
    """Samples how much memory this process has of its own, without files that it maps."""

    def __init__(self) -> None:
        self.most = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> MostMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            self.most = max(self.most, anonymous_bytes(os.getpid()))
