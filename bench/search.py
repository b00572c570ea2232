"""Search: recall against the exact answer, latency, opening, memory, cost per row, with the goals beside them.

    python -m bench.search [--rows 1000 10000] [--full] [--parts embedded server models projection] [--json]

`--full` adds 100,000 rows on the embedded store, with the design's goals; building their graph takes some minutes. The
data are seeded: 2,000 clusters in a 48-dimensional subspace plus noise and, as a hard case without a goal, independent
Gaussians. The bench starts the server itself; if it is not installed, that part says so.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench import search_models, search_projection, search_server
from bench.report import Row as Figure
from bench.report import report
from bench.search_data import (
    BATCH,
    COLLECTION,
    DIMENSION,
    NEIGHBOURS,
    at_least,
    at_most,
    fresh,
    gaussian,
    p50,
    p95,
    planted,
    search,
    timed,
    write,
)

LARGE = 100_000
#: Timed searches, and requests of one and of 50 seeds.
QUERIES, SINGLE, MANY = 200, 50, 20
KINDS = {"clusters": planted, "gaussian": gaussian}
PARTS = ("embedded", "server", "models", "projection")


def memory_mb() -> float:
    """Returns the resident memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def fill(folder: str, kind: str, count: int) -> dict[str, float]:
    """Write `count` rows into a new store and wait for its index; returns ms per row and ms of the slowest write."""
    from workers.search.store.embedded import EmbeddedStore

    vectors = KINDS[kind](count)
    store = EmbeddedStore(Path(folder) / "milvus.db")
    writes = write(store, COLLECTION, vectors, DIMENSION)
    building = time.perf_counter()
    while store.busy():
        time.sleep(0.05)
    built = 1000 * (time.perf_counter() - building)
    store.close()
    return {"write": sum(writes) / count, "slowest": max(writes), "index": (sum(writes) + built) / count}


def ask(folder: str, kind: str, count: int) -> dict[str, float]:
    """Open the store in a fresh process and search it."""
    from contract.reading import read
    from contract.search import RecommendRequest
    from workers.search.recommend.engine import Engine
    from workers.search.settings import SearchSettings
    from workers.search.spaces import Space
    from workers.search.store.embedded import EmbeddedStore

    opening = time.perf_counter()
    store = EmbeddedStore(Path(folder) / "milvus.db")
    opened = time.perf_counter() - opening
    memory = memory_mb()
    chosen = np.random.default_rng(7).integers(0, count, QUERIES)
    recall, one = search(store, KINDS[kind](count), chosen)
    engine = Engine(store, {"muq": Space("muq", COLLECTION, DIMENSION)}, SearchSettings())
    engine.recommend(read(RecommendRequest, {"seeds": [{"track_id": "track0"}]}))  # computes the scale

    def recommend(seeds: int, start: int) -> float:
        numbers = np.roll(chosen, start)[:seeds].tolist()
        params = {"seeds": [{"track_id": f"track{n}"} for n in numbers], "diversity": 0.15, "limit": 25}
        return timed(lambda: engine.recommend(read(RecommendRequest, params)))

    times = {
        "one": one,
        "rank": [recommend(1, n) for n in range(SINGLE)],
        "many": [recommend(50, n) for n in range(MANY)],
    }
    store.close()
    figures = {f"{name}.p50": p50(values) for name, values in times.items()}
    figures |= {f"{name}.p95": p95(values) for name, values in times.items()}
    return {"opened": opened, "memory": memory, "recall": recall, **figures}


def embedded(kind: str, count: int) -> list[Figure]:
    """Returns the figures of one store; 100,000 clustered rows have the design's goals, an insert the operators'."""
    with tempfile.TemporaryDirectory(prefix="sm-bench") as folder:
        filled = fresh(fill, folder, kind, count)
        asked = fresh(ask, folder, kind, count)
    label = f"{kind} {count}:"
    figures = [
        at_least(f"{label} recall@{NEIGHBOURS}", asked["recall"], "", 0.98),
        Figure(f"{label} search, one seed, p50", asked["one.p50"], "ms"),
        at_most(f"{label} search, one seed, p95", asked["one.p95"], "ms", 10),
        Figure(f"{label} one seed + ranking, p50", asked["rank.p50"], "ms"),
        at_most(f"{label} one seed + ranking, p95", asked["rank.p95"], "ms", 100),
        Figure(f"{label} 50 seeds + ranking, p50", asked["many.p50"], "ms"),
        at_most(f"{label} 50 seeds + ranking, p95", asked["many.p95"], "ms", 150),
        at_most(f"{label} opening", asked["opened"], "s", 10),
        Figure(f"{label} memory after opening", asked["memory"], "MB"),
        at_most(f"{label} durable insert, per row", filled["write"], "ms", 10),
        at_most(f"{label} insert with its part of the index, per row", filled["index"], "ms", 10),
        Figure(f"{label} slowest write of {BATCH} rows", filled["slowest"], "ms"),
    ]
    if kind != "clusters":
        return [Figure(row.name, row.value, row.unit) for row in figures]
    return figures


def main(arguments: Sequence[str]) -> int:
    """Run the bench; the exit code says whether all goals were met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000], help="sizes of the collections")
    parser.add_argument("--full", action="store_true", help=f"{LARGE} rows too, on the embedded store")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="data of the embedded store")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    rows: list[Figure] = []
    if "embedded" in options.parts:
        sizes = [*options.rows, *([LARGE] if options.full else [])]
        rows += [figure for count in sizes for kind in options.kinds for figure in embedded(kind, count)]
    for part, of_size in (("server", search_server.figures), ("models", search_models.figures)):
        if part in options.parts:
            rows += [figure for count in options.rows for figure in of_size(count)]
    if "projection" in options.parts:
        rows += search_projection.figures()
    return report(f"search, {DIMENSION} dimensions", rows, options.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
