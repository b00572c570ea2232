"""Search on the embedded store: recall against the exact answer, latency, opening, memory, cost of a row.

    python -m bench.search [--rows 1000 10000] [--full] [--json]

`--full` adds 100,000 rows, whose goals are the design's; their graph takes some minutes to build. The data are seeded:
2,000 clusters in a 48-dimensional subspace plus noise, and as the hard case without a goal independent Gaussians.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.report import Row as Figure
from bench.report import report
from broker.vectors import Vectors

if TYPE_CHECKING:
    from workers.search.store import VectorStore

DIMENSION = 1536
COLLECTION = "embedding"
#: The planted data: clusters, dimensions of their subspace, spread within a cluster, length of the noise (signal: 1).
CLUSTERS, SUBSPACE, SPREAD, NOISE = 2000, 48, 0.3, 0.3
#: Rows of one write, neighbours asked for, queries timed.
BATCH, NEIGHBOURS, QUERIES = 100, 75, 200
LARGE = 100_000
KINDS = ("clusters", "gaussian")


def planted(count: int, seed: int = 0) -> Vectors:
    """[count, 1536] unit vectors in clusters."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.standard_normal((DIMENSION, SUBSPACE)))[0].T.astype(np.float32)
    centres = rng.standard_normal((CLUSTERS, SUBSPACE)).astype(np.float32)
    points = centres[rng.integers(0, CLUSTERS, count)]
    points = points + SPREAD * rng.standard_normal((count, SUBSPACE)).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    noise = rng.standard_normal((count, DIMENSION)).astype(np.float32)
    return unit(points @ basis + np.float32(NOISE / np.sqrt(DIMENSION)) * noise)


def gaussian(count: int, seed: int = 0) -> Vectors:
    """[count, 1536] unit vectors without any structure."""
    return unit(np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32))


def unit(vectors: Vectors) -> Vectors:
    """Rows of length 1."""
    scaled: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled.astype(np.float32, copy=False)


def memory_mb() -> float:
    """Resident memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def timed(call: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    start = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - start)


def fill(folder: str, kind: str, count: int) -> dict[str, float]:
    """Write `count` rows into a new store and wait for its index: milliseconds a row, and of the slowest write."""
    from workers.search.embedded import EmbeddedStore
    from workers.search.rows import Row

    vectors = (planted if kind == "clusters" else gaussian)(count)
    store = EmbeddedStore(Path(folder) / "milvus.db")
    writes = []
    for start in range(0, count, BATCH):
        rows = [
            Row(f"track{n}", 1, f"artist{n // 12}", f"album{n // 12}", f"audio{n}", 200, "m", 1, f"T{n}", f"A{n // 12}")
            for n in range(start, min(start + BATCH, count))
        ]
        block = vectors[start : start + BATCH]
        writes.append(timed(partial(store.upsert, COLLECTION, rows, block, DIMENSION)))
    building = time.perf_counter()
    while store.busy():
        time.sleep(0.05)
    built = 1000 * (time.perf_counter() - building)
    store.close()
    return {"write": sum(writes) / count, "slowest": max(writes), "index": (sum(writes) + built) / count}


def ask(folder: str, kind: str, count: int) -> dict[str, float]:
    """Open the store in a fresh process and search it."""
    from workers.search.embedded import EmbeddedStore
    from workers.search.engine import Engine
    from workers.search.request import parse_ask
    from workers.search.settings import SearchSettings
    from workers.search.spaces import Space

    opening = time.perf_counter()
    store = EmbeddedStore(Path(folder) / "milvus.db")
    opened = time.perf_counter() - opening
    memory = memory_mb()
    vectors = (planted if kind == "clusters" else gaussian)(count)
    chosen = np.random.default_rng(7).integers(0, count, QUERIES)
    queries = vectors[chosen]
    found: list[set[str]] = []
    one = [timed(partial(_collect, store, query, found)) for query in queries]
    exact = np.argsort(-(queries @ vectors.T), axis=1)[:, :NEIGHBOURS]
    hits = [len(got & {f"track{n}" for n in best}) / NEIGHBOURS for got, best in zip(found, exact, strict=True)]
    engine = Engine(store, {"muq": Space("muq", COLLECTION, DIMENSION)}, SearchSettings())
    engine.recommend(parse_ask({"seeds": [{"track_id": "track0"}]}))  # makes the scale

    def recommend(seeds: int, start: int) -> float:
        numbers = np.roll(chosen, start)[:seeds].tolist()
        params = {"seeds": [{"track_id": f"track{n}"} for n in numbers], "diversity": 0.15, "limit": 25}
        return timed(lambda: engine.recommend(parse_ask(params)))

    single = [recommend(1, n) for n in range(50)]
    many = [recommend(50, n) for n in range(20)]
    store.close()
    return {
        "opened": opened,
        "memory": memory,
        "recall": float(np.mean(hits)),
        "one.p50": float(np.median(one)),
        "one.p95": float(np.percentile(one, 95)),
        "rank.p50": float(np.median(single)),
        "rank.p95": float(np.percentile(single, 95)),
        "many.p50": float(np.median(many)),
        "many.p95": float(np.percentile(many, 95)),
    }


def _collect(store: VectorStore, query: Vectors, found: list[set[str]]) -> None:
    found.append({row.track_id for row in store.search(COLLECTION, query[None], NEIGHBOURS).rows})


def fresh(function: Callable[..., dict[str, float]], *arguments: object) -> dict[str, float]:
    """The result of a call in a process of its own, so that memory and opening are its own."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the search worker itself has it
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def figures(kind: str, count: int) -> list[Figure]:
    """The figures of one store; goals of the design for 100,000 clustered rows, of the operators for an insert."""
    with tempfile.TemporaryDirectory(prefix="sm-bench") as folder:
        filled = fresh(fill, folder, kind, count)
        asked = fresh(ask, folder, kind, count)
    judged = kind == "clusters"
    label = f"{kind} {count}:"

    def figure(name: str, value: float, unit: str, most: float | None = None, least: float | None = None) -> Figure:
        if not judged or (most is None and least is None):
            return Figure(f"{label} {name}", value, unit)
        met = value <= most if most is not None else value >= (least or 0)
        return Figure(f"{label} {name}", value, unit, f"<= {most:g}" if most is not None else f">= {least:g}", met)

    return [
        figure(f"recall@{NEIGHBOURS}", asked["recall"], "", least=0.98),
        figure("search, one seed, p50", asked["one.p50"], "ms"),
        figure("search, one seed, p95", asked["one.p95"], "ms", most=10),
        figure("one seed + ranking, p50", asked["rank.p50"], "ms"),
        figure("one seed + ranking, p95", asked["rank.p95"], "ms", most=100),
        figure("50 seeds + ranking, p50", asked["many.p50"], "ms"),
        figure("50 seeds + ranking, p95", asked["many.p95"], "ms", most=150),
        figure("opening", asked["opened"], "s", most=10),
        figure("memory after opening", asked["memory"], "MB"),
        figure("durable insert, per row", filled["write"], "ms", most=10),
        figure("insert with its part of the index, per row", filled["index"], "ms", most=10),
        figure(f"slowest write of {BATCH} rows", filled["slowest"], "ms"),
    ]


def main(arguments: Sequence[str]) -> int:
    """Run the bench; the exit code says whether all goals were met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000], help="sizes of the collections")
    parser.add_argument("--full", action="store_true", help=f"{LARGE} rows too")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    sizes = [*options.rows, *([LARGE] if options.full else [])]
    rows = [figure for count in sizes for kind in options.kinds for figure in figures(kind, count)]
    return report(f"search, {DIMENSION} dimensions", rows, options.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
