"""What a Milvus server's reads find, and when: after own writes, after those of another process, in every state of a
collection's segments.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context

import numpy as np
import pytest

from bench.search_server import wait_until_settled
from broker.vectors import Vectors
from contract.search import Row
from tests.harness.vectors import clusters, random_unit, rows
from workers.search.store.index.graph import GraphSettings
from workers.search.store.milvus import STALENESS_SECONDS
from workers.search.store.server import ServerStore
from workers.search.store.vector_store import ANYWHERE, SearchHits, VectorStore, Where

DIM = 32
MUQ = "embedding"
ROUNDS = 12
#: Rows of which some segments have no index, whatever it is; they come from so many libraries.
ROWS, LIBRARIES = 3000, 60


@pytest.fixture
def other(empty: str, store: ServerStore) -> Iterator[Callable[..., None]]:
    """Writes and deletes in a process of its own; returns when it was acknowledged."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield lambda method, *arguments: pool.submit(_elsewhere, empty, method, arguments).result()


def _elsewhere(uri: str, method: str, arguments: tuple[object, ...]) -> None:
    store = ServerStore(uri, GraphSettings())
    getattr(store, method)(*arguments)
    store.close()


def found_ids(found: SearchHits) -> list[str]:
    return [row.track_id for row in found.rows]


def test_a_search_finds_what_was_just_written_and_not_what_was_just_deleted(store: ServerStore) -> None:
    lists = store.relaxed()
    store.upsert(MUQ, rows(50), random_unit(50, DIM), DIM)
    for seed in range(1, ROUNDS):
        [vector] = random_unit(1, DIM, seed)
        store.upsert(MUQ, [replace(rows(1)[0], title=f"round {seed}")], vector[None], DIM)
        nearest = lists.search(MUQ, vector[None], 1)
        assert nearest.rows[0].title == f"round {seed}"
        assert np.allclose(nearest.vectors, vector, atol=1e-6)
        assert lists.lookup(MUQ, ["t000000"]).rows == nearest.rows
        assert store.delete(["t000000"]) == 1
        assert "t000000" not in found_ids(lists.search(MUQ, vector[None], 50))
        assert lists.lookup(MUQ, ["t000000"]).rows == []
        assert lists.status()[MUQ].count == 49


def test_what_another_process_wrote_is_looked_up_at_once_and_searched_soon(
    store: ServerStore, other: Callable[..., None]
) -> None:
    lists = store.relaxed()
    store.upsert(MUQ, rows(20), random_unit(20, DIM), DIM)
    vectors = random_unit(4, DIM, seed=5)
    for number, vector in enumerate(vectors, start=20):
        other("upsert", MUQ, rows(1, start=number), vector[None], DIM)
        written = time.monotonic()
        assert found_ids(store.lookup(MUQ, [f"t{number:06}"])) == [f"t{number:06}"]
        assert store.status()[MUQ].count == number + 1
        assert store.scan(MUQ, f"t{number - 1:06}", 9) == (rows(1, start=number), None)
        seen_by(written, partial(finds, lists, vector, f"t{number:06}"))
    other("delete", [f"t{number:06}" for number in range(20)])
    deleted = time.monotonic()
    assert store.lookup(MUQ, ["t000000"]).rows == []
    assert store.status()[MUQ].count == 4
    seen_by(deleted, lambda: len(lists.search(MUQ, vectors, 50).rows) == 4)


def finds(store: VectorStore, vector: Vectors, track_id: str) -> bool:
    """Whether this track is the nearest."""
    return found_ids(store.search(MUQ, vector[None], 1)) == [track_id]


def seen_by(written: float, holds: Callable[[], bool]) -> None:
    """A search that begins `STALENESS_SECONDS` after the write must see it; it may do so earlier."""
    while True:
        began = time.monotonic()
        if holds():
            return
        assert began - written < STALENESS_SECONDS
        time.sleep(0.1)


def test_a_switch_in_another_process_counts_for_the_next_search(store: ServerStore, other: Callable[..., None]) -> None:
    old, new = random_unit(3, DIM), random_unit(2, DIM * 2, seed=1)
    store.upsert(MUQ, rows(3), old, DIM)
    assert len(store.search(MUQ, old[:1], 9).rows) == 3
    store.begin(MUQ, "next", DIM * 2, DIM * 2)
    store.upsert(MUQ, rows(2), new, DIM * 2, "next")
    other("switch", MUQ, "next")
    assert len(store.search(MUQ, new[:1], 9).rows) == 2
    other("drop", MUQ, "g1")
    assert len(store.relaxed().search(MUQ, new[:1], 9).rows) == 2


def many(count: int = ROWS, dimension: int = DIM) -> tuple[list[Row], Vectors]:
    """Rows of many libraries, with vectors in clusters."""
    made = [replace(row, library_id=number % LIBRARIES) for number, row in enumerate(rows(count))]
    return made, clusters(count // 10, 10, dimension, spread=0.5)


def recall(store: ServerStore, vectors: Vectors, where: Where = ANYWHERE, k: int = 40) -> float:
    """Of the exact neighbours among the allowed rows, each query asked for alone."""
    queries = random_unit(10, vectors.shape[1], seed=3)
    allowed = np.flatnonzero([not where.libraries or n % LIBRARIES in where.libraries for n in range(len(vectors))])
    shares = []
    for query in queries:
        best = allowed[np.argsort(-(vectors[allowed] @ query))[:k]]
        found = found_ids(store.search(MUQ, query[None], k, where))
        assert len(found) == len(best)
        shares.append(len({f"t{number:06}" for number in best} & set(found)) / len(best))
    return float(np.mean(shares))


@pytest.mark.parametrize(("count", "dimension"), [(6000, 256), (1000, DIM)])
def test_a_search_is_exact_while_rows_are_new_and_where_a_segment_stays_without_an_index(
    store: ServerStore, count: int, dimension: int
) -> None:
    made, vectors = many(count, dimension)
    narrow = Where(libraries=frozenset({7}))
    store.upsert(MUQ, made, vectors, dimension)
    assert recall(store, vectors) == 1
    assert recall(store, vectors, narrow) == 1
    store.flush()
    wait_until_settled(store.uri, count)
    assert recall(store, vectors) == 1
    assert recall(store, vectors, narrow) == 1


def test_a_scan_goes_through_growing_and_sealed_segments_in_order(store: ServerStore) -> None:
    made, vectors = many()
    shuffled = np.random.default_rng(0).permutation(ROWS)
    half = ROWS // 2
    store.upsert(MUQ, [made[n] for n in shuffled[:half]], vectors[shuffled[:half]], DIM)
    store.flush()
    store.upsert(MUQ, [made[n] for n in shuffled[half:]], vectors[shuffled[half:]], DIM)
    after: str | None = None
    seen: list[Row] = []
    while True:
        page, after = store.scan(MUQ, after, 700)
        seen += page
        if after is None:
            break
    assert seen == made


def test_a_large_collection_gets_hnsw_when_it_is_opened_and_a_small_one_loses_it(empty: str) -> None:
    made, vectors = many()
    small = GraphSettings(from_values=ROWS * DIM)
    large = GraphSettings(from_values=ROWS * DIM // 10)
    for settings, index in ((small, "FLAT"), (large, "HNSW"), (small, "FLAT")):
        # Given a store that was opened with these settings
        store = ServerStore(empty, settings)
        if index == "FLAT" and not store.status():
            store.upsert(MUQ, made, vectors, DIM)
            store.flush()
        # Then nothing is lost, and the index is the one that suits
        assert index in store.status()[MUQ].index
        assert store.status()[MUQ].count == ROWS
        if index == "HNSW":
            wait_until_settled(empty, ROWS)
        assert recall(store, vectors) >= 0.98
        store.close()


def test_a_generation_begins_with_the_index_that_suits_the_one_in_service(empty: str) -> None:
    store = ServerStore(empty, GraphSettings(from_values=10 * DIM))
    store.upsert(MUQ, rows(100), random_unit(100, DIM), DIM)
    assert "FLAT" in store.status()[MUQ].index
    store.begin(MUQ, "next", DIM, DIM)
    store.switch(MUQ, "next")
    assert "HNSW" in store.status()[MUQ].index
    store.close()
