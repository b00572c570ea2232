"""The store on a Milvus server: exact while small, HNSW beyond, by cosine, with any number of search workers.

Every other worker at once finds whatever one worker acknowledged. Only `search`, and all reads of the store that
`relaxed` returns, accept less, because full freshness costs 200 ms or more: they find this process's writes at once,
and other processes' after at most `STALENESS` seconds. Literals are escaped because not every version supports
templates.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from broker.vectors import Vectors
from contract.errors import Conflict, NotFound
from contract.message import fields_of
from contract.search import Row
from workers.search.store.expressions import filter_of, literal, one_of
from workers.search.store.index.graph import GraphSettings
from workers.search.store.milvus import MOST, PAGE, Milvus, Records
from workers.search.store.names import FIRST_GENERATION, GenerationName, check_generation, parse
from workers.search.store.rows import FIELDS, check_vectors, drawn, last_of_each, precedence, unit
from workers.search.store.schema import HNSW, VECTOR, index_for
from workers.search.store.vector_store import ANYWHERE, CollectionStatus, SearchHits, VectorStore, Where

log = logging.getLogger(__name__)

READ: Final = [*FIELDS, VECTOR]


@dataclass(frozen=True, slots=True)
class ServerGeneration:
    """A generation on the server, the number of values in its stored vectors, and whether it is in service."""

    generation: GenerationName
    stored: int
    serving: bool

    @property
    def name(self) -> str:
        """Name on the server."""
        return self.generation.stored_name


class ServerStore(VectorStore):
    """Vectors on a server. See `VectorStore`."""

    def __init__(self, uri: str, graph: GraphSettings) -> None:
        """Connect, and load every generation with the index that suits its size. Raises `StoreUnavailable`."""
        self.uri = uri
        self._graph = graph
        self._milvus = Milvus(uri)
        self._fresh = True
        #: By collection: the generation in service, the hidden tracks, and how many of its rows they have.
        self._hidden_rows: dict[str, tuple[str, frozenset[str], int]] = {}
        for generation in self._generations():
            self._milvus.load(generation.name)
            self._fit(generation)

    def relaxed(self) -> ServerStore:
        other = copy.copy(self)
        other._fresh = False
        return other

    # -- rows -------------------------------------------------------------------------------------------------------

    def upsert(
        self, collection: str, rows: Sequence[Row], vectors: Vectors, dimension: int, generation: str | None = None
    ) -> int:
        array = check_vectors(vectors, len(rows))
        if not rows:
            return 0
        target = self._find(collection, generation)
        if target is None and generation is None:
            self.begin(collection, FIRST_GENERATION, array.shape[1], dimension)
            self.switch(collection, FIRST_GENERATION)
            target = self._find(collection, generation)
        if target is None:
            raise NotFound(f"collection {collection!r} has no generation {generation!r}: begin it first")
        target.generation.check(target.stored, array.shape[1], dimension)
        keep = last_of_each(rows)
        records = [{**fields_of(rows[position]), VECTOR: array[position].tolist()} for position in keep]
        self._milvus.upsert(target.name, records)
        return len(keep)

    def delete(self, track_ids: Sequence[str], collections: Sequence[str] | None = None) -> int:
        gone: set[str] = set()
        for stored in self._generations():
            if collections is not None and stored.generation.collection not in collections:
                continue
            present = {record["track_id"] for record in self._get(stored, track_ids, ["track_id"])}
            if present:
                self._milvus.delete(stored.name, one_of("track_id", present))
            gone |= present
        return len(gone)

    def lookup(self, collection: str, track_ids: Sequence[str], generation: str | None = None) -> SearchHits:
        serving = self._find(collection, generation)
        wanted = list(dict.fromkeys(track_ids))
        records = {record["track_id"]: record for record in self._get(serving, wanted, READ)} if serving else {}
        return _matches([records[track_id] for track_id in wanted if track_id in records], False)

    def held(self, collection: str, track_ids: Sequence[str]) -> frozenset[str]:
        serving = self._find(collection, None)
        wanted = list(dict.fromkeys(track_ids))
        return (
            frozenset(str(record["track_id"]) for record in self._get(serving, wanted, ["track_id"]))
            if serving
            else frozenset()
        )

    def count(self, collection: str, where: Where = ANYWHERE) -> int:
        serving = self._find(collection, None)
        return 0 if serving is None else self._milvus.count(serving.name, self._fresh, self._allowed(where))

    def by_artists(self, collection: str, artist_ids: Sequence[str], limit: int) -> SearchHits:
        serving = self._find(collection, None)
        if serving is None or not artist_ids:
            return SearchHits()
        rows = [_row(record) for record in self._query(serving, one_of("artist_id", artist_ids), FIELDS, MOST)]
        first = [row.track_id for row in sorted(rows, key=precedence)[:limit]]
        return _matches(_by_precedence(self._get(serving, first, READ)), False)

    def scan(
        self, collection: str, after: str | None, limit: int, generation: str | None = None
    ) -> tuple[list[Row], str | None]:
        source = self._find(collection, generation)
        if source is None:
            return [], None
        expression = "" if after is None else f"track_id > {literal(after)}"
        records = sorted(self._query(source, expression, FIELDS, limit + 1), key=lambda r: str(r["track_id"]))
        rows = [_row(record) for record in records[:limit]]
        return rows, rows[-1].track_id if len(records) > limit else None

    def search(self, collection: str, queries: Vectors, k: int, where: Where = ANYWHERE) -> SearchHits:
        serving = self._find(collection, None)
        if serving is None or k <= 0 or not len(queries):
            return SearchHits()
        k = min(k, MOST)
        hits = self._milvus.nearest(serving.name, queries, k, self._allowed(where), max(self._graph.ef, k))
        nearest = {track_id for each in hits for track_id in each}
        records = self._get(serving, sorted(nearest), READ, fresh=False)
        return _matches(_by_precedence(records), min(map(len, hits)) < k)

    def hide(self, track_ids: frozenset[str]) -> None:
        self._milvus.hidden = track_ids

    def _allowed(self, where: Where) -> str:
        """Returns the filter as an expression that excludes hidden tracks."""
        without = where.without_tracks | where.unlisted | self._milvus.hidden
        return filter_of(replace(where, without_tracks=without))

    def sample(self, collection: str, count: int, seed: int = 0) -> Vectors:
        serving = self._find(collection, None)
        if serving is None:
            return SearchHits().vectors
        rows = [_row(record) for record in self._query(serving, "", FIELDS, MOST)]
        rows = [row for row in rows if row.track_id not in self._milvus.hidden]
        chosen = [rows[place].track_id for place in drawn(rows, count, seed)]
        records = {record["track_id"]: record for record in self._get(serving, chosen, READ)}
        return _matches([records[track_id] for track_id in chosen if track_id in records], False).vectors

    def hidden(self, collection: str) -> int:
        serving, ids = self._find(collection, None), self._milvus.hidden
        if serving is None or not ids:
            return 0
        cached = self._hidden_rows.get(collection)
        if cached is None or cached[:2] != (serving.name, ids):
            cached = (serving.name, ids, len(self._get(serving, sorted(ids), ["track_id"])))
            self._hidden_rows[collection] = cached
        return cached[2]

    def _get(
        self, source: ServerGeneration, track_ids: Sequence[str], fields: Sequence[str], fresh: bool | None = None
    ) -> Records:
        """Returns the records of these tracks, as fresh as this store's reads unless `fresh` overrides it."""
        pages = [track_ids[start : start + PAGE] for start in range(0, len(track_ids), PAGE)]
        return [
            record for page in pages for record in self._query(source, one_of("track_id", page), fields, PAGE, fresh)
        ]

    def _query(
        self, source: ServerGeneration, expression: str, fields: Sequence[str], limit: int, fresh: bool | None = None
    ) -> Records:
        return self._milvus.query(source.name, expression, fields, limit, fresh=self._fresh if fresh is None else fresh)

    # -- generations ------------------------------------------------------------------------------------------------

    def stored_dimension(self, collection: str, generation: str | None = None) -> int | None:
        target = self._find(collection, generation)
        return None if target is None else target.stored

    def dimension(self, collection: str, generation: str | None = None) -> int | None:
        target = self._find(collection, generation)
        return None if target is None else target.generation.dimension

    def begin(self, collection: str, generation: str, stored_dimension: int, dimension: int) -> None:
        new = GenerationName(collection, dimension, check_generation(generation))
        existing = self._find(collection, generation)
        if existing is not None:
            existing.generation.check(existing.stored, stored_dimension, dimension)
            return
        serving = self._find(collection, None)
        rows = 0 if serving is None else self._milvus.count(serving.name, fresh=False)
        self._milvus.create(
            new.stored_name, stored_dimension, index_for(self._graph, rows * stored_dimension), self._graph
        )

    def switch(self, collection: str, generation: str) -> None:
        target = self._find(collection, generation)
        if target is None:
            raise NotFound(f"collection {collection!r} has no generation {generation!r}: begin it first")
        self._milvus.point(collection, target.name, anew=self._find(collection, None) is None)

    def drop(self, collection: str, generation: str) -> None:
        target = self._find(collection, generation)
        if target is None:
            return
        if target.serving:
            raise Conflict(f"generation {generation!r} of {collection!r} is in service: switch to another first")
        self._milvus.drop(target.name)

    def _generations(self) -> Iterator[ServerGeneration]:
        """Yields every generation, asking the server each time: another worker may have created or switched one."""
        for generation in filter(None, map(parse, self._milvus.names())):
            if (described := self._describe(generation)) is not None:
                yield described

    def _find(self, collection: str, generation: str | None) -> ServerGeneration | None:
        """Returns the generation of that name, or the one in service."""
        for candidate in filter(None, map(parse, self._milvus.names())):
            if candidate.collection != collection or generation not in (None, candidate.name):
                continue
            described = self._describe(candidate)
            if described is not None and (described.serving or generation is not None):
                return described
        return None

    def _describe(self, generation: GenerationName) -> ServerGeneration | None:
        described = self._milvus.describe(generation.stored_name)
        if described is None:
            return None
        stored = next(int(field["params"]["dim"]) for field in described["fields"] if field["name"] == VECTOR)
        return ServerGeneration(generation, stored, generation.collection in described["aliases"])

    def _fit(self, target: ServerGeneration) -> None:
        """Give a generation the index that suits its size. Other workers' searches wait meanwhile."""
        now = self._milvus.index(target.name)
        wanted = index_for(self._graph, self._milvus.count(target.name, fresh=False) * target.stored, now)
        if wanted != now:
            log.info("%s changes its index from %s to %s", target.name, now, wanted)
            self._milvus.index_anew(target.name, wanted, self._graph)

    # -- the store itself -------------------------------------------------------------------------------------------

    def status(self) -> dict[str, CollectionStatus]:
        serving = [each for each in self._generations() if each.serving]
        counts = self._milvus.counts([each.name for each in serving], self._fresh)
        return {
            each.generation.collection: CollectionStatus(
                count, each.stored, each.generation.dimension, each.generation.name, self._index_of(each)
            )
            for each, count in zip(serving, counts, strict=True)
        }

    def _index_of(self, target: ServerGeneration) -> str:
        """Description for people."""
        kind = self._milvus.index(target.name)
        built = f"(M={self._graph.m}, efConstruction={self._graph.ef_construction})" if kind == HNSW else ""
        return f"server {kind}{built}"

    def flush(self) -> None:
        for generation in self._generations():
            self._milvus.flush(generation.name)

    def close(self) -> None:
        self._milvus.close()


def _row(record: dict[str, Any]) -> Row:
    return Row(**{field: record[field] for field in FIELDS})


def _by_precedence(records: Records) -> Records:
    return sorted(records, key=lambda record: precedence(_row(record)))


def _matches(records: Records, exhausted: bool) -> SearchHits:
    if not records:
        return SearchHits(exhausted=True)
    vectors = unit(np.stack([record[VECTOR] for record in records]))
    return SearchHits([_row(record) for record in records], vectors, exhausted)
