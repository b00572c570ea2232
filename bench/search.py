"""Search: recall against the exact answer, latency, opening, memory, cost per row, with the goals beside them.

    python -m bench.search [--rows 1000 10000] [--full] [--parts embedded server models projection] [--keep FOLDER]

`--full` adds 100,000 rows on the embedded store, with the design's goals; building their graph takes some minutes. The
data are seeded: 2,000 clusters in a 48-dimensional subspace plus noise and, as a hard case without a goal, independent
Gaussians. The bench starts the server itself; if it is not installed, that part says so.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench import search_models, search_projection, search_server
from bench.processes import peak_bytes, resident_bytes
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
    p50,
    p95,
    search_for,
    timed,
    track_id,
)
from bench.search_store import KINDS, STORE, chosen, expected, filled_store

LARGE = 100_000
#: Timed requests of one and of 50 seeds.
SINGLE, MANY = 50, 20
PARTS = ("embedded", "server", "models", "projection")


def ask(folder: Path, count: int) -> dict[str, float]:
    """Open the store in a fresh process and search it."""
    from contract.reading import read
    from contract.search import RecommendRequest
    from workers.search.recommend.engine import Engine
    from workers.search.settings import SearchSettings
    from workers.search.spaces import Space
    from workers.search.store.embedded import EmbeddedStore

    opening = time.perf_counter()
    store = EmbeddedStore(folder / STORE)
    opened = time.perf_counter() - opening
    memory = resident_bytes(os.getpid())
    recall, one = search_for(store, *expected(folder, count))
    tracks = [track_id(number) for number in chosen(count)]
    engine = Engine(store, {"muq": Space("muq", COLLECTION, DIMENSION)}, SearchSettings())
    engine.recommend(read(RecommendRequest, {"seeds": [{"track_id": tracks[0]}]}))  # computes the scale

    def recommend(seeds: int, start: int) -> float:
        some = (tracks[-start:] + tracks)[:seeds]
        params = {"seeds": [{"track_id": track} for track in some], "diversity": 0.15, "limit": 25}
        return timed(lambda: engine.recommend(read(RecommendRequest, params)))

    times = {
        "one": one,
        "rank": [recommend(1, n) for n in range(SINGLE)],
        "many": [recommend(50, n) for n in range(MANY)],
    }
    peak = peak_bytes(os.getpid())
    store.close()
    figures = {f"{name}.p50": p50(values) for name, values in times.items()}
    figures |= {f"{name}.p95": p95(values) for name, values in times.items()}
    return {"opened": opened, "memory": memory / 1e6, "peak": peak / 1e6, "recall": recall, **figures}


def embedded(kind: str, count: int, keep: Path | None = None) -> list[Figure]:
    """Returns the figures of one store; 100,000 clustered rows have the design's goals, an insert the operators'."""
    with filled_store(kind, count, keep) as (folder, filled):
        expected(folder, count)
        asked = fresh(ask, folder, count)
    label = f"{kind} {count}:"
    figures = [
        at_least(f"{label} recall@{NEIGHBOURS}", asked["recall"], "", 0.98),
        Figure(f"{label} search, one seed, p50", asked["one.p50"], "ms"),
        at_most(f"{label} search, one seed, p95", asked["one.p95"], "ms", 10),
        Figure(f"{label} one seed + ranking, p50", asked["rank.p50"], "ms"),
        at_most(f"{label} one seed + ranking, p95", asked["rank.p95"], "ms", 100),
        Figure(f"{label} 50 seeds + ranking, p50", asked["many.p50"], "ms"),
        at_most(f"{label} 50 seeds + ranking, p95", asked["many.p95"], "ms", 120),
        at_most(f"{label} opening", asked["opened"], "s", 5),
        Figure(f"{label} memory after opening", asked["memory"], "MB"),
        at_most(f"{label} most memory, with searches", asked["peak"], "MB", 1200),
    ]
    if filled:
        figures += [
            at_most(f"{label} durable insert, per row", filled["write"], "ms", 10),
            at_most(f"{label} insert with its part of the index, per row", filled["index"], "ms", 10),
            Figure(f"{label} slowest write of {BATCH} rows", filled["slowest"], "ms"),
            Figure(f"{label} most memory while it was filled, without mapped files", filled["filling"], "MB"),
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
    parser.add_argument("--keep", type=Path, help="folder that keeps the embedded stores for the next run")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    rows: list[Figure] = []
    if "embedded" in options.parts:
        sizes = [*options.rows, *([LARGE] if options.full else [])]
        rows += [figure for count in sizes for kind in options.kinds for figure in embedded(kind, count, options.keep)]
    for part, of_size in (("server", search_server.figures), ("models", search_models.figures)):
        if part in options.parts:
            rows += [figure for count in options.rows for figure in of_size(count)]
    if "projection" in options.parts:
        rows += search_projection.figures()
    return report(f"search, {DIMENSION} dimensions", rows, options.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
