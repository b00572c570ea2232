"""A request over three models through the ranking engine, with its time and the wished-for time.

Measures only the store and the engine: not HTTP, not the broker, nor the embedding of a text by a model.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.report import Row as Figure
from bench.search_data import (
    INSERT,
    NEIGHBOURS,
    SEARCH,
    WISH,
    at_most,
    fresh,
    p50,
    p95,
    planted,
    timed,
    track_id,
    write,
)

#: Models with the dimension at the API and that of the stored vectors (MERT: after its projection).
MODELS = {"muq": (1536, 1536), "mert": (76_800, 4096), "latent": (576, 576)}
#: Seeds per request, requests of each kind, timed searches per model.
SEEDS, REQUESTS, QUERIES = 10, 30, 100
#: Wished-for milliseconds: a request to one model, to several, of a text.
ONE, SEVERAL, TEXT = 1000, 3000, 2000


def figures(count: int) -> list[Figure]:
    """Returns the figures of a store with three models, each with `count` clustered tracks."""
    with tempfile.TemporaryDirectory(prefix="sm-bench") as folder:
        got = fresh(measure, folder, count)
    label = f"{len(MODELS)} models, clusters {count}:"
    requests = [
        ("one", f"1 model, {SEEDS} seeds", ONE),
        ("several", f"{len(MODELS)} models, {SEEDS} seeds", SEVERAL),
        ("text", "a text given as its vector", TEXT),
    ]
    rows = []
    for key, name, most in requests:
        rows.append(Figure(f"{label} {name}, search + ranking, p50", got[f"{key}.p50"], "ms"))
        rows.append(at_most(f"{label} {name}, search + ranking, p95", got[f"{key}.p95"], "ms", most, WISH))
    for model, (_, stored) in MODELS.items():
        rows.append(at_most(f"{label} {model} ({stored}), search, p95", got[f"{model}.search"], "ms", SEARCH, WISH))
        rows.append(at_most(f"{label} {model} ({stored}), insert, per row", got[f"{model}.insert"], "ms", INSERT, WISH))
    return rows


def measure(folder: str, count: int) -> dict[str, float]:
    """Fill the three collections, wait for their index, search."""
    from contract.reading import read
    from contract.search import RecommendRequest
    from workers.search.recommend.engine import Engine
    from workers.search.settings import SearchSettings
    from workers.search.spaces import known_spaces
    from workers.search.store.embedded import EmbeddedStore

    spaces = {name: space for name, space in known_spaces().items() if name in MODELS}
    store = EmbeddedStore(Path(folder) / "milvus.db")
    got: dict[str, float] = {}
    chosen = np.random.default_rng(7).integers(0, count, QUERIES)
    queries = {}
    for model, (dimension, stored) in MODELS.items():
        vectors = planted(count, stored)
        queries[model] = vectors[chosen]
        got[f"{model}.insert"] = sum(write(store, spaces[model].collection, vectors, dimension)) / count
    while store.busy():
        time.sleep(0.05)
    for model, asked in queries.items():
        collection = spaces[model].collection
        store.search(collection, asked[:1], NEIGHBOURS)
        calls = [partial(store.search, collection, query[None], NEIGHBOURS) for query in asked]
        got[f"{model}.search"] = p95([timed(call) for call in calls])
    engine = Engine(store, spaces, SearchSettings())

    def recommend(params: Mapping[str, Any]) -> None:
        engine.recommend(read(RecommendRequest, params))

    for kind, asks in requests(chosen.tolist(), queries["muq"].tolist()).items():
        recommend(asks[0])  # computes the scales
        times = [timed(partial(recommend, params)) for params in asks]
        got |= {f"{kind}.p50": p50(times), f"{kind}.p95": p95(times)}
    store.close()
    return got


def requests(tracks: list[int], texts: list[list[float]]) -> Mapping[str, list[dict[str, Any]]]:
    """Returns the params of the requests by kind; a track's vector stands in for that of a text."""
    seeds = [[{"track_id": track_id(n)} for n in np.roll(tracks, -start)[:SEEDS]] for start in range(REQUESTS)]
    common = {"diversity": 0.15, "limit": 25}
    return {
        "one": [{"seeds": some, "models": ["muq"], **common} for some in seeds],
        "several": [{"seeds": some, "models": list(MODELS), **common} for some in seeds],
        "text": [{"seeds": [{"embedding": text}], "models": ["muq"], **common} for text in texts[:REQUESTS]],
    }
