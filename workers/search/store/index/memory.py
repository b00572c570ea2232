"""The structure that searches use: a table of rows and, once it is large, a graph over its older slots."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

import numpy as np

from broker.vectors import Vectors
from contract.search import Row
from workers.search.store.index.arrangement import Arrangement
from workers.search.store.index.exact import nearest
from workers.search.store.index.graph import Graph, GraphSettings
from workers.search.store.index.order import Order
from workers.search.store.index.table import Mask, RowTable
from workers.search.store.index.vectors import BLOCK, Slots
from workers.search.store.rows import drawn, unit
from workers.search.store.vector_store import SearchHits, Where

#: Slots that join the graph at once. A search waits for at most one such step: about 10 ms. Larger steps are no
#: cheaper.
STEP: Final = 4
#: If fewer than this share of the rows is allowed, comparing each of them is faster, and exact.
GRAPH_SHARE: Final = 0.1
#: Most neighbours asked of the graph, as a share of the rows; beyond that, comparing all rows is no slower.
MOST_SHARE: Final = 0.05
#: Share of dead slots above which the table is rewritten.
DEAD_SHARE: Final = 0.3
#: A smaller table counts as this many slots, so that it is not rewritten too often.
LEAST_REWRITTEN: Final = 1024


class MemoryIndex:
    """One generation in memory. Thread-safe.

    The graph covers the slots before `graph.count`; later slots are compared one by one, so that a row is found as soon
    as it is written and the graph can follow later.
    """

    def __init__(self, dimension: int, settings: GraphSettings, table: RowTable | None = None) -> None:
        self.table = table or RowTable(dimension)
        self.graph: Graph | None = None
        self.lock = threading.RLock()
        self._settings = settings
        self._order = Order()

    def __len__(self) -> int:
        with self.lock:
            return len(self.table)

    @property
    def kind(self) -> str:
        """The search method, for people."""
        return self.graph.description if self.graph is not None else "flat"

    @property
    def covered(self) -> int:
        """Slots in the graph."""
        with self.lock:
            return self.graph.count if self.graph is not None else 0

    def put(self, rows: Sequence[Row], vectors: Vectors, sequence: Sequence[int]) -> None:
        """Add or replace rows; [n, dim] vectors of any non-zero length."""
        with self.lock:
            self.table.put(rows, unit(vectors), sequence)

    def remove(self, track_ids: Sequence[str]) -> int:
        """Forget tracks; returns how many were there."""
        with self.lock:
            return self.table.remove(track_ids)

    def hide(self, track_ids: frozenset[str]) -> None:
        """Hide these tracks from searches, whether they are present or arrive later."""
        with self.lock:
            self.table.hide(track_ids)

    def lookup(self, track_ids: Sequence[str]) -> SearchHits:
        """Returns the rows of the ids that are present, in order."""
        with self.lock:
            return self._matches(np.array(self.table.slots_of(track_ids), np.int64), False)

    def held(self, track_ids: Sequence[str]) -> frozenset[str]:
        """Returns the ids that are present."""
        with self.lock:
            return self.table.held(track_ids)

    def count(self, where: Where) -> int:
        """Number of rows that a search may find."""
        with self.lock:
            return int(self.table.allowed(where).sum())

    def by_artists(self, artist_ids: Sequence[str], limit: int) -> SearchHits:
        """At most `limit` rows of these artists."""
        with self.lock:
            return self._matches(self.table.by_precedence(self.table.slots_of_artists(artist_ids))[:limit], False)

    def search(self, queries: Vectors, k: int, where: Where) -> SearchHits:
        """Returns the union of the `k` nearest allowed rows of each of the [q, dim] unit `queries`, by precedence."""
        queries = np.asarray(queries, np.float32)
        with self.lock:
            allowed = self.table.allowed(where)
            total = int(allowed.sum())
            found = self._nearest(queries, min(k, total), allowed, total)
            return self._matches(self.table.by_precedence(found), k >= total)

    def sample(self, count: int, seed: int) -> Vectors:
        """[n <= count, dim] vectors of distinct rows that are not hidden, the same for the same rows and seed."""
        with self.lock:
            shown = self.table.shown_slots()
            rows = self.table.rows_at(shown.tolist())
            return self.table.vectors.take(shown[drawn(rows, count, seed)])

    @property
    def hidden(self) -> int:
        """Number of rows that are present but hidden from searches."""
        with self.lock:
            return len(self.table) - len(self.table.shown_slots())

    def page(self, after: str | None, limit: int) -> tuple[list[Row], str | None]:
        """Returns rows in ascending order of id after `after`, and the next page's `after`."""
        with self.lock:
            ids, following = self._order.page(self.table, after, limit)
            return self.table.rows_at(self.table.slots_of(ids)), following

    @property
    def dead(self) -> int:
        """Number of slots of replaced and deleted rows."""
        with self.lock:
            return self.table.size - len(self.table)

    def behind(self) -> bool:
        """Returns whether `catch_up` has work to do."""
        with self.lock:
            return self._wants_rewriting() or self._wants_graph()

    def catch_up(self) -> bool:
        """Do one step towards fast searches; returns whether more remain."""
        with self.lock:
            if self._wants_rewriting():
                self._rewrite()
            if self._wants_graph():
                self.graph = self.graph or Graph(self.table.dimension, self._settings)
                start = self.graph.count
                self.graph.add(self.table.vectors.take(np.arange(start, min(start + STEP, self.table.size))))
            return self._wants_graph()

    def arrange(self, known: Arrangement) -> bool:
        """Adopt a graph of these rows; returns whether it was built from them. `catch_up` must wait."""
        with self.lock:
            table = self.table
            slots = table.slots_of([track_id for track_id in known.track_ids if track_id is not None])
            live = [place for place, track_id in enumerate(known.track_ids) if track_id is not None]
            if known.dimension != table.dimension or len(slots) != len(live):
                return False
            vectors = np.zeros((len(known.track_ids), table.dimension), np.float32)
            vectors[live] = table.vectors.take(slots)
            vectors[[place for place, track_id in enumerate(known.track_ids) if track_id is None]] = known.dead
            graph = Graph.arranged(known, vectors, self._settings)
            if graph is None:
                return False
            self.table, self.graph = _arranged(table, known, vectors), graph
            return True

    def _wants_graph(self) -> bool:
        if self.graph is not None:
            return self.graph.count < self.table.size
        return self.table.size * self.table.dimension >= self._settings.from_values

    def _wants_rewriting(self) -> bool:
        return self.table.size - len(self.table) > DEAD_SHARE * max(self.table.size, LEAST_REWRITTEN)

    def _nearest(self, queries: Vectors, k: int, allowed: Mask, total: int) -> Slots:
        if k == 0 or not len(queries):
            return np.empty(0, np.int64)
        graph, vectors = self.graph, self.table.vectors
        covered = graph.count if graph is not None else 0
        inside = int(allowed[:covered].sum())
        if graph is not None and total >= GRAPH_SHARE * len(vectors) and MOST_SHARE * inside >= k:
            found = graph.nearest(queries, k, allowed[:covered])
            if found is not None:
                return np.concatenate((found, nearest(vectors, queries, k, allowed, first=covered)))
        return nearest(vectors, queries, k, allowed)

    def _matches(self, slots: Slots, exhausted: bool) -> SearchHits:
        return SearchHits(self.table.rows_at(slots.tolist()), self.table.vectors.take(slots), exhausted)

    def _rewrite(self) -> None:
        """Drop the dead slots; the graph is rebuilt from the start."""
        live = self.table.live_slots()
        table = RowTable(self.table.dimension)
        table.hide(self.table.hidden)
        for start in range(0, len(live), BLOCK):
            slots = live[start : start + BLOCK]
            vectors = self.table.vectors.take(slots)
            table.put(self.table.rows_at(slots.tolist()), vectors, self.table.sequence[slots].tolist())
        self.table, self.graph = table, None


def _arranged(table: RowTable, known: Arrangement, vectors: Vectors) -> RowTable:
    """Put the rows of `table` into the slots of `known`, with its [n, dim] vectors; the other rows follow."""
    sequence = dict(zip((row.track_id for row in table.live_rows()), table.live_sequence(), strict=True))
    ids = set(known.track_ids)
    behind = [row.track_id for row in table.live_rows() if row.track_id not in ids]
    by_id = {row.track_id: row for row in table.live_rows()}
    arranged = RowTable(table.dimension)
    arranged.hide(table.hidden)
    rows = [None if track_id is None else by_id[track_id] for track_id in known.track_ids]
    arranged.put(rows, vectors, [0 if row is None else sequence[row.track_id] for row in rows])
    rest = table.vectors.take(table.slots_of(behind))
    arranged.put([by_id[track_id] for track_id in behind], rest, [sequence[track_id] for track_id in behind])
    return arranged
