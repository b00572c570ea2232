"""The store on a Milvus server: HNSW and cosine there, as many search workers as wanted.

`upsert` always (an insert of an existing key duplicates it on older servers), reads with strong consistency (what was
acknowledged is found at once), literals escaped (templates are not known everywhere).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from broker.errors import Conflict, NotFound, StoreUnavailable
from broker.vectors import Vectors
from workers.search.expressions import filter_of, literal, one_of
from workers.search.index.graph import GraphSettings
from workers.search.names import FIRST_GENERATION, Generation, check_generation, parse
from workers.search.rows import FIELDS, Row, check_vectors, last_of_each, unit
from workers.search.schema import VECTOR, add_index, make_schema
from workers.search.store import ANYWHERE, CollectionStatus, Matches, VectorStore, Where

#: Largest limit of one query, rows of one write, and ids of one expression.
MOST = 16_384
PAGE = 500
#: Seconds that the server may take for one operation.
TIMEOUT = 30.0
#: Results are asked for at once for so many queries.
QUERIES = 16
READ = [*FIELDS, VECTOR]
STRONG = "Strong"


class ServerStore(VectorStore):
    """Vectors on a server. See `VectorStore`."""

    def __init__(self, uri: str, graph: GraphSettings) -> None:
        """Connect. Raises `StoreUnavailable`."""
        from pymilvus import MilvusClient, MilvusException

        self.uri = uri
        self._graph = graph
        self._failure: type[Exception] = MilvusException
        self._hidden: frozenset[str] = frozenset()
        with self._failing_as_unavailable():
            self._client: Any = MilvusClient(uri=uri, timeout=TIMEOUT)
            for generation in self._generations():
                self._client.load_collection(generation.stored_name)

    @contextmanager
    def _failing_as_unavailable(self) -> Iterator[None]:
        try:
            yield
        except self._failure as error:
            raise StoreUnavailable(f"the Milvus server {self.uri} failed: {error}") from error

    # -- rows -------------------------------------------------------------------------------------------------------

    def upsert(
        self, collection: str, rows: Sequence[Row], vectors: Vectors, dimension: int, generation: str | None = None
    ) -> int:
        array = check_vectors(vectors, len(rows))
        if not rows:
            return 0
        if generation is None and self._serving(collection) is None:
            self.begin(collection, FIRST_GENERATION, array.shape[1], dimension)
            self.switch(collection, FIRST_GENERATION)
        found = self._find(collection, generation)
        if found is None:
            raise NotFound(f"collection {collection!r} has no generation {generation!r}: begin it first")
        self._check_dimension(found, array.shape[1], dimension)
        keep = last_of_each(rows)
        records = [{**rows[position].to_wire(), VECTOR: array[position].tolist()} for position in keep]
        with self._failing_as_unavailable():
            for start in range(0, len(records), PAGE):
                self._client.upsert(found.stored_name, records[start : start + PAGE])
        return len(keep)

    def delete(self, track_ids: Sequence[str], collections: Sequence[str] | None = None) -> int:
        gone: set[str] = set()
        for generation in self._generations():
            if collections is not None and generation.collection not in collections:
                continue
            there = {record["track_id"] for record in self._get(generation, track_ids, ["track_id"])}
            with self._failing_as_unavailable():
                if there:
                    self._client.delete(generation.stored_name, filter=one_of("track_id", there))
            gone |= there
        return len(gone)

    def lookup(self, collection: str, track_ids: Sequence[str], generation: str | None = None) -> Matches:
        found = self._find(collection, generation)
        wanted = list(dict.fromkeys(track_ids))
        records = {record["track_id"]: record for record in self._get(found, wanted, READ)} if found else {}
        return _matches([records[track_id] for track_id in wanted if track_id in records], False)

    def by_artists(self, collection: str, artist_ids: Sequence[str], limit: int) -> Matches:
        found = self._serving(collection)
        if found is None or not artist_ids:
            return Matches()
        return _matches(self._query(found, one_of("artist_id", artist_ids), READ, limit), False)

    def scan(
        self, collection: str, after: str | None, limit: int, generation: str | None = None
    ) -> tuple[list[Row], str | None]:
        found = self._find(collection, generation)
        if found is None:
            return [], None
        expression = "" if after is None else f"track_id > {literal(after)}"
        records = sorted(self._query(found, expression, list(FIELDS), limit + 1), key=lambda r: str(r["track_id"]))
        rows = [_row(record) for record in records[:limit]]
        return rows, rows[-1].track_id if len(records) > limit else None

    def search(self, collection: str, queries: Vectors, k: int, where: Where = ANYWHERE) -> Matches:
        found = self._serving(collection)
        if found is None or k <= 0 or not len(queries):
            return Matches()
        k = min(k, MOST)
        where = replace(where, without_tracks=where.without_tracks | self._hidden)
        parameters = {"metric_type": "COSINE", "params": {"ef": max(self._graph.ef, k)}}
        records: dict[str, Any] = {}
        fewest = k
        for start in range(0, len(queries), QUERIES):
            with self._failing_as_unavailable():
                results = self._client.search(
                    found.stored_name,
                    data=queries[start : start + QUERIES].tolist(),
                    limit=k,
                    filter=filter_of(where),
                    output_fields=READ,
                    search_params=parameters,
                    consistency_level=STRONG,
                )
            fewest = min(fewest, *(len(hits) for hits in results))
            records.update((hit["entity"]["track_id"], hit["entity"]) for hits in results for hit in hits)
        return _matches(list(records.values()), fewest < k)

    def hide(self, track_ids: frozenset[str]) -> None:
        self._hidden = track_ids

    def sample(self, collection: str, count: int, seed: int = 0) -> Vectors:
        found = self._serving(collection)
        if found is None:
            return Matches().vectors
        ids = sorted(record["track_id"] for record in self._query(found, "", ["track_id"], MOST))
        chosen = np.random.default_rng(seed).permutation(len(ids))[:count]
        return self.lookup(collection, [ids[number] for number in chosen]).vectors

    def _get(self, generation: Generation, track_ids: Sequence[str], fields: list[str]) -> list[dict[str, Any]]:
        pages = [track_ids[start : start + PAGE] for start in range(0, len(track_ids), PAGE)]
        return [record for page in pages for record in self._query(generation, one_of("track_id", page), fields, PAGE)]

    def _query(
        self, generation: Generation, expression: str, fields: list[str], limit: int = 0
    ) -> list[dict[str, Any]]:
        """Records that pass `expression`; `limit` 0 is for counts."""
        most = {"limit": min(limit, MOST)} if limit else {}
        with self._failing_as_unavailable():
            found = self._client.query(
                generation.stored_name, filter=expression, output_fields=fields, consistency_level=STRONG, **most
            )
        return list(found)

    # -- generations ------------------------------------------------------------------------------------------------

    def stored_dimension(self, collection: str, generation: str | None = None) -> int | None:
        found = self._find(collection, generation)
        return None if found is None else self._stored(found)

    def dimension(self, collection: str, generation: str | None = None) -> int | None:
        found = self._find(collection, generation)
        return None if found is None else found.dimension

    def begin(self, collection: str, generation: str, stored_dimension: int, dimension: int) -> None:
        new = Generation(collection, dimension, check_generation(generation))
        there = self._find(collection, generation)
        if there is not None:
            self._check_dimension(there, stored_dimension, dimension)
            return
        with self._failing_as_unavailable():
            self._client.create_collection(
                new.stored_name,
                schema=make_schema(self._client, stored_dimension),
                index_params=add_index(self._client, self._graph),
            )
            self._client.load_collection(new.stored_name)

    def switch(self, collection: str, generation: str) -> None:
        found = self._find(collection, generation)
        if found is None:
            raise NotFound(f"collection {collection!r} has no generation {generation!r}: begin it first")
        with self._failing_as_unavailable():
            if self._serving(collection) is None:
                self._client.create_alias(found.stored_name, collection)
            else:
                self._client.alter_alias(found.stored_name, collection)

    def drop(self, collection: str, generation: str) -> None:
        found = self._find(collection, generation)
        if found is None:
            return
        if self._serving(collection) == found:
            raise Conflict(f"generation {generation!r} of {collection!r} is in service: switch to another first")
        with self._failing_as_unavailable():
            self._client.drop_collection(found.stored_name)

    def _generations(self) -> list[Generation]:
        with self._failing_as_unavailable():
            return [found for name in self._client.list_collections() if (found := parse(name)) is not None]

    def _serving(self, collection: str) -> Generation | None:
        """Asked of the server each time: another worker may have switched."""
        for generation in self._generations():
            if generation.collection == collection and collection in self._describe(generation)["aliases"]:
                return generation
        return None

    def _find(self, collection: str, generation: str | None) -> Generation | None:
        if generation is None:
            return self._serving(collection)
        return next((g for g in self._generations() if g.collection == collection and g.name == generation), None)

    def _describe(self, generation: Generation) -> dict[str, Any]:
        with self._failing_as_unavailable():
            return dict(self._client.describe_collection(generation.stored_name))

    def _stored(self, generation: Generation) -> int:
        fields = self._describe(generation)["fields"]
        return int(next(field["params"]["dim"] for field in fields if field["name"] == VECTOR))

    def _check_dimension(self, generation: Generation, stored: int, dimension: int) -> None:
        generation.check(self._stored(generation), stored, dimension)

    # -- the store itself -------------------------------------------------------------------------------------------

    def status(self) -> dict[str, CollectionStatus]:
        found = {}
        for generation in self._generations():
            if generation.collection in self._describe(generation)["aliases"]:
                found[generation.collection] = CollectionStatus(
                    count=int(self._query(generation, "", ["count(*)"])[0]["count(*)"]),
                    stored_dimension=self._stored(generation),
                    dimension=generation.dimension,
                    generation=generation.name,
                    index=f"server HNSW(M={self._graph.m}, efConstruction={self._graph.ef_construction})",
                )
        return found

    def flush(self) -> None:
        for generation in self._generations():
            with self._failing_as_unavailable():
                self._client.flush(generation.stored_name)

    def close(self) -> None:
        self._client.close()


def _row(record: dict[str, Any]) -> Row:
    return Row(**{field: record[field] for field in FIELDS})


def _matches(records: list[dict[str, Any]], exhausted: bool) -> Matches:
    if not records:
        return Matches(exhausted=True)
    vectors = unit(np.array([record[VECTOR] for record in records], np.float32))
    return Matches([_row(record) for record in records], vectors, exhausted)
