"""A graph that is saved and rebuilt elsewhere finds the same neighbours; invalid graphs are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from broker.vectors import Vectors
from tests.harness.vectors import clusters, rows
from workers.search.store.index.arrangement import Arrangement
from workers.search.store.index.graph import GraphSettings
from workers.search.store.index.memory import MemoryIndex
from workers.search.store.index.saved import SavedIndex
from workers.search.store.vector_store import Where

DIMENSION, COUNT = 24, 3000
SETTINGS = GraphSettings(m=8, ef_construction=40, ef=16, from_values=1)


def grown(order: list[int], vectors: Vectors) -> MemoryIndex:
    """An index whose graph has all rows, written in that order."""
    index, tracks = MemoryIndex(DIMENSION, SETTINGS), rows(len(vectors))
    index.put([tracks[place] for place in order], vectors[order], [place + 1 for place in order])
    while index.catch_up():
        pass
    return index


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return clusters(30, COUNT // 30, DIMENSION, spread=1.2)


@pytest.fixture(scope="module")
def original(vectors: Vectors) -> MemoryIndex:
    """With dead slots in the graph, and rows that are not in it yet."""
    index = grown(np.random.default_rng(2).permutation(COUNT).tolist(), vectors)
    index.remove([f"t{number:06}" for number in range(0, COUNT, 10)])
    tracks = rows(30, start=COUNT)
    index.put(tracks, clusters(1, 30, DIMENSION, seed=9), range(COUNT + 1, COUNT + 31))
    return index


def arrangement(index: MemoryIndex, folder: Path) -> Arrangement:
    saved = SavedIndex(folder, SETTINGS)
    saved.save(index)
    known = saved.arrangement(DIMENSION)
    assert known is not None
    return known


def found(index: MemoryIndex, queries: Vectors) -> list[list[str]]:
    answers = [index.search(query[None], 20, Where()) for query in queries]
    return [[row.track_id for row in matches.rows] for matches in answers]


def restored(original: MemoryIndex) -> MemoryIndex:
    """The rows of another index, written by their ids as a restore does it."""
    ids = sorted(original.table.track_ids())
    matches = original.lookup(ids)
    index = MemoryIndex(DIMENSION, SETTINGS)
    index.put(matches.rows, matches.vectors, range(1, len(ids) + 1))
    while index.catch_up():
        pass
    return index


def test_the_same_neighbours_as_before(original: MemoryIndex, vectors: Vectors, tmp_path: Path) -> None:
    # Given a graph that is not exact, and the same rows in another order with a graph of their own
    known = Arrangement.unpack(arrangement(original, tmp_path).pack())
    index = restored(original)
    assert found(index, vectors) != found(original, vectors)
    # When
    assert index.arrange(known)
    # Then
    assert found(index, vectors) == found(original, vectors)
    assert index.covered == original.covered == COUNT
    assert len(index) == len(original)
    # And it keeps growing, and can be saved and loaded
    while index.catch_up():
        pass
    assert index.covered == COUNT + 30
    saved = SavedIndex(tmp_path / "again", SETTINGS)
    saved.save(index)
    loaded = SavedIndex(tmp_path / "again", SETTINGS).load(DIMENSION)
    assert loaded is not None
    assert found(loaded, vectors[:100]) == found(index, vectors[:100])


def test_a_graph_of_other_vectors_or_tracks_is_not_taken(
    original: MemoryIndex, vectors: Vectors, tmp_path: Path
) -> None:
    known = arrangement(original, tmp_path)
    index = restored(original)
    before = found(index, vectors[:50])
    # Given that one track now sounds different, then that it is gone
    row = index.lookup(["t000001"]).rows
    index.put(row, vectors[[5]], [10**9])
    assert not index.arrange(known)
    index.remove(["t000001"])
    assert not index.arrange(known)
    assert not MemoryIndex(DIMENSION, replace(SETTINGS, m=16)).arrange(known)
    assert [answer for answer in before if "t000001" not in answer]


def spoiled(known: Arrangement, **changes: Any) -> Arrangement:
    return replace(known, **changes)


def test_what_is_no_graph_is_refused(original: MemoryIndex, tmp_path: Path) -> None:
    # Given
    known = arrangement(original, tmp_path)
    outside, lower = known.links.copy(), known.links.copy()
    outside[7] = COUNT
    ground = int(np.flatnonzero(known.levels == 1)[0])
    high = int(known.offsets[known.entry]) + known.capacity[0]
    lower[high] = ground
    # Then
    for wrong in (
        spoiled(known, links=outside),
        spoiled(known, links=lower),
        spoiled(known, links=known.links[:-1]),
        spoiled(known, levels=known.levels[:-1]),
        spoiled(known, levels=np.where(known.levels == 1, 0, known.levels).astype(np.int32)),
        spoiled(known, entry=COUNT),
        spoiled(known, entry=ground),
        spoiled(known, top=known.top + 1),
        spoiled(known, capacity=[]),
        spoiled(known, dead=known.dead[:-1]),
    ):
        with pytest.raises(ValueError, match=r"^its? "):
            wrong.check()
    with pytest.raises(ValueError, match="cannot be read"):
        Arrangement.unpack({**known.pack(), "graph.json": b"[1]"})
    known.check()
