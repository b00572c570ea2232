"""An HNSW graph (faiss) over the first slots of a table, with float16 codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from broker.vectors import Vectors
from workers.search.store.index.arrangement import Arrangement, Codes, marks_of
from workers.search.store.index.table import Mask
from workers.search.store.index.vectors import Slots


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """HNSW's parameters, and the number of stored values from which a graph is worth building.

    Measured with 1,536 dimensions on two cores: 8,000 rows (12 million values) take 3 ms a query without a graph.
    """

    m: int = 50
    ef_construction: int = 250
    ef: int = 128
    from_values: int = 12_000_000


#: Candidates kept per requested neighbour if ef is smaller. Measured with 10,000 clustered rows and 75 neighbours:
#: recall .998 at 1.33, .9995 at 2, for 0.8 and 1.2 ms a query.
WIDER: Final = 1.5
#: How much wider a filtered search may look, as a factor of ef.
WIDEST: Final = 4


def _faiss() -> Any:
    """faiss, imported late; its stub file covers only half of it."""
    import faiss

    return faiss


class Graph:
    """Approximate neighbours by inner product. Not thread-safe: faiss must not search while it adds."""

    def __init__(self, dimension: int, settings: GraphSettings, index: Any = None) -> None:
        self._faiss = faiss = _faiss()
        self._settings = settings
        self._index = index
        if index is None:
            codes = faiss.ScalarQuantizer.QT_fp16
            self._index = faiss.IndexHNSWSQ(dimension, codes, settings.m, faiss.METRIC_INNER_PRODUCT)
            # float16 needs no training
            self._index.is_trained = faiss.downcast_index(self._index.storage).is_trained = True
        self._index.hnsw.efConstruction = settings.ef_construction

    @property
    def count(self) -> int:
        """Slots in the graph, counted from 0."""
        return int(self._index.ntotal)

    @property
    def description(self) -> str:
        """Description for people."""
        return f"HNSW(M={self._settings.m}, efConstruction={self._settings.ef_construction}, ef={self._settings.ef})"

    def add(self, vectors: Vectors) -> None:
        """Append the vectors of the next slots, in this thread alone.

        Two threads wait for each other so often that they use twice the CPU time, which a job or a search may need.
        """
        threads = self._faiss.omp_get_max_threads()
        self._faiss.omp_set_num_threads(1)  # applies to this thread only
        try:
            self._index.add(np.ascontiguousarray(vectors))
        finally:
            self._faiss.omp_set_num_threads(threads)

    def nearest(self, queries: Vectors, k: int, allowed: Mask) -> Slots | None:
        """Returns the union of the `k` nearest allowed slots of each query; None if a query found fewer than `k`."""
        share = max(1, int(allowed.sum())) / len(allowed)
        width = max(self._settings.ef, WIDER * k) * min(WIDEST, 1 / share)
        packed = np.packbits(allowed, bitorder="little")
        selector = self._faiss.IDSelectorBitmap(packed)
        parameters = self._faiss.SearchParametersHNSW(efSearch=int(width), sel=selector)
        _, slots = self._index.search(np.ascontiguousarray(queries), k, params=parameters)
        return None if (slots < 0).any() else np.unique(slots)

    def arrangement(self, track_ids: Sequence[str | None]) -> Arrangement:
        """Returns the graph and the track of each slot; `track_ids` [count], None if the track is gone."""
        hnsw, faiss = self._index.hnsw, self._faiss
        levels, links = faiss.vector_to_array(hnsw.levels), faiss.vector_to_array(hnsw.neighbors)
        codes = self._codes()
        return Arrangement(
            dimension=self._index.d,
            track_ids=list(track_ids),
            levels=levels,
            links=links,
            capacity=[int(hnsw.nb_neighbors(level)) for level in range(int(levels.max()))],
            entry=int(hnsw.entry_point),
            top=int(hnsw.max_level),
            dead=codes[[slot for slot, track_id in enumerate(track_ids) if track_id is None]],
            marks=marks_of(codes),
        )

    @classmethod
    def arranged(cls, known: Arrangement, vectors: Vectors, settings: GraphSettings) -> Graph | None:
        """Build the graph of a checked arrangement, with the vectors [n, dim] of all its slots.

        None if it was built with other parameters or from other vectors.
        """
        graph = cls(known.dimension, settings)
        index, faiss = graph._index, graph._faiss
        widths = [int(index.hnsw.nb_neighbors(level)) for level in range(len(known.capacity))]
        if widths != list(known.capacity):
            return None
        faiss.downcast_index(index.storage).add(np.ascontiguousarray(vectors))
        if not np.array_equal(marks_of(graph._codes()), known.marks):
            return None
        for values, target in (
            (known.levels, index.hnsw.levels),
            (known.offsets, index.hnsw.offsets),
            (known.links, index.hnsw.neighbors),
        ):
            faiss.copy_array_to_vector(np.ascontiguousarray(values), target)
        index.hnsw.entry_point, index.hnsw.max_level = known.entry, known.top
        index.ntotal = len(vectors)
        return graph

    def _codes(self) -> Codes:
        """[n, dim] codes as faiss rounds them, which differs from numpy."""
        raw = self._faiss.vector_to_array(self._faiss.downcast_index(self._index.storage).codes)
        codes: Codes = raw.view("<f2").reshape(-1, self._index.d)
        return codes

    def save(self, path: Path) -> None:
        """Write the graph with its codes."""
        self._faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path, dimension: int, settings: GraphSettings) -> Graph | None:
        """Read the graph from a file; None if it cannot be read or was built with other parameters."""
        faiss = _faiss()
        try:
            index = faiss.read_index(str(path))
        except RuntimeError:  # faiss raises this for missing and for broken files
            return None
        graph = cls(dimension, settings, index)
        same = index.d == dimension and index.hnsw.nb_neighbors(1) == settings.m
        return graph if same else None
