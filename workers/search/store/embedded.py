"""The embedded store: Milvus Lite as the durable record, and an index in memory for each generation.

A write goes to the record first, and to memory once it is durable. At start-up the store reads the saved index and adds
newer rows from the record; without a saved index it builds the index from the record.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from broker.vectors import Vectors
from contract.errors import Conflict, NotFound
from contract.search import Row
from workers.search.store.generation_store import GenerationStore
from workers.search.store.index.arrangement import Arrangement
from workers.search.store.index.graph import GraphSettings
from workers.search.store.maintenance import Maintenance
from workers.search.store.names import FIRST_GENERATION, GenerationName, check_generation, parse
from workers.search.store.record import Record
from workers.search.store.rows import check_vectors, last_of_each
from workers.search.store.vector_store import ANYWHERE, CollectionStatus, SearchHits, VectorStore, Where

log = logging.getLogger(__name__)

NOTHING: Final = SearchHits()


class EmbeddedStore(VectorStore):
    """Vectors in a local folder, owned by one process. See `VectorStore`."""

    def __init__(self, path: Path, graph: GraphSettings | None = None) -> None:
        """Open or create the store. Raises `StoreUnavailable`, also if another process has it open."""
        self.uri = str(path)
        self._record = Record(path)
        #: Held while writing the record; searches never take it.
        self._writing = threading.RLock()
        self._folder = path.with_name(f"{path.name}.index")
        self._settings = graph or GraphSettings()
        self._generation_stores: dict[GenerationName, GenerationStore] = {}
        self._serving: dict[str, GenerationName] = {}
        self._hidden: frozenset[str] = frozenset()
        self._open_all()
        self._maintenance = Maintenance(self._current_stores, self._writing)
        self._maintenance.start()

    def _open_all(self) -> None:
        start = time.monotonic()
        for generation in filter(None, map(parse, self._record.names())):
            self._generation_stores[generation] = self._generation_store(generation)
            if self._record.target(generation.collection) == generation.stored_name:
                self._serving[generation.collection] = generation
        rows = sum(len(generation_store.index) for generation_store in self._generation_stores.values())
        log.info("store %s: %d rows in %.2f s", self.uri, rows, time.monotonic() - start)

    def _generation_store(self, generation: GenerationName) -> GenerationStore:
        return GenerationStore(self._record, generation.stored_name, self._folder, self._settings)

    def _current_stores(self) -> list[GenerationStore]:
        return list(self._generation_stores.values())

    # -- rows -------------------------------------------------------------------------------------------------------

    def upsert(
        self, collection: str, rows: Sequence[Row], vectors: Vectors, dimension: int, generation: str | None = None
    ) -> int:
        array = check_vectors(vectors, len(rows))
        if not rows:
            return 0
        keep = last_of_each(rows)
        with self._writing:
            if generation is None and collection not in self._serving:
                self.begin(collection, FIRST_GENERATION, array.shape[1], dimension)
                self.switch(collection, FIRST_GENERATION)
            found = self._find(collection, generation)
            if found is None:
                raise NotFound(f"collection {collection!r} has no generation {generation!r}: begin it first")
            self._check_dimension(found, array.shape[1], dimension)
            self._generation_stores[found].write([rows[position] for position in keep], array[keep])
        self._maintenance.wake()
        return len(keep)

    def delete(self, track_ids: Sequence[str], collections: Sequence[str] | None = None) -> int:
        gone: set[str] = set()
        with self._writing:
            for generation, generation_store in self._generation_stores.items():
                if collections is None or generation.collection in collections:
                    gone.update(generation_store.delete(track_ids))
        self._maintenance.wake()
        return len(gone)

    def lookup(self, collection: str, track_ids: Sequence[str], generation: str | None = None) -> SearchHits:
        found = self._find(collection, generation)
        return NOTHING if found is None else self._generation_stores[found].index.lookup(track_ids)

    def held(self, collection: str, track_ids: Sequence[str]) -> frozenset[str]:
        found = self._find(collection, None)
        return frozenset() if found is None else self._generation_stores[found].index.held(track_ids)

    def count(self, collection: str, where: Where = ANYWHERE) -> int:
        found = self._find(collection, None)
        return 0 if found is None else self._generation_stores[found].index.count(where)

    def by_artists(self, collection: str, artist_ids: Sequence[str], limit: int) -> SearchHits:
        found = self._find(collection, None)
        return NOTHING if found is None else self._generation_stores[found].index.by_artists(artist_ids, limit)

    def scan(
        self, collection: str, after: str | None, limit: int, generation: str | None = None
    ) -> tuple[list[Row], str | None]:
        found = self._find(collection, generation)
        return ([], None) if found is None else self._generation_stores[found].index.page(after, limit)

    def search(self, collection: str, queries: Vectors, k: int, where: Where = ANYWHERE) -> SearchHits:
        found = self._find(collection, None)
        return NOTHING if found is None else self._generation_stores[found].index.search(queries, k, where)

    def hide(self, track_ids: frozenset[str]) -> None:
        with self._writing:
            self._hidden = track_ids
            for generation_store in self._current_stores():
                generation_store.index.hide(track_ids)

    def sample(self, collection: str, count: int, seed: int = 0) -> Vectors:
        found = self._find(collection, None)
        return NOTHING.vectors if found is None else self._generation_stores[found].index.sample(count, seed)

    def hidden(self, collection: str) -> int:
        found = self._find(collection, None)
        return 0 if found is None else self._generation_stores[found].index.hidden

    # -- generations ------------------------------------------------------------------------------------------------

    def stored_dimension(self, collection: str, generation: str | None = None) -> int | None:
        found = self._find(collection, generation)
        return None if found is None else self._generation_stores[found].dimension

    def dimension(self, collection: str, generation: str | None = None) -> int | None:
        found = self._find(collection, generation)
        return None if found is None else found.dimension

    def begin(self, collection: str, generation: str, stored_dimension: int, dimension: int) -> None:
        new = GenerationName(collection, dimension, check_generation(generation))
        with self._writing:
            there = self._find(collection, generation)
            if there is None:
                self._record.create(new.stored_name, stored_dimension)
                generation_store = self._generation_store(new)
                generation_store.index.hide(self._hidden)
                self._generation_stores = {**self._generation_stores, new: generation_store}
            else:
                self._check_dimension(there, stored_dimension, dimension)

    def arrange(self, collection: str, generation: str, known: Arrangement) -> bool:
        with self._writing:
            found = self._find(collection, generation)
            return found is not None and self._generation_stores[found].arrange(known)

    def switch(self, collection: str, generation: str) -> None:
        with self._writing:
            found = self._find(collection, generation)
            if found is None:
                raise NotFound(f"collection {collection!r} has no generation {generation!r}: begin it first")
            self._record.point(collection, found.stored_name)
            self._serving = {**self._serving, collection: found}

    def drop(self, collection: str, generation: str) -> None:
        with self._writing:
            found = self._find(collection, generation)
            if found is None:
                return
            if self._serving.get(collection) == found:
                raise Conflict(f"generation {generation!r} of {collection!r} is in service: switch to another first")
            generation_store = self._generation_stores[found]
            self._generation_stores = {key: value for key, value in self._generation_stores.items() if key != found}
            generation_store.discard()

    def _find(self, collection: str, generation: str | None) -> GenerationName | None:
        if generation is None:
            return self._serving.get(collection)
        return next((g for g in self._generation_stores if g.collection == collection and g.name == generation), None)

    def _check_dimension(self, generation: GenerationName, stored: int, dimension: int) -> None:
        generation.check(self._generation_stores[generation].dimension, stored, dimension)

    # -- the store itself -------------------------------------------------------------------------------------------

    def status(self) -> dict[str, CollectionStatus]:
        return {
            collection: CollectionStatus(
                count=len(self._generation_stores[serving].index),
                stored_dimension=self._generation_stores[serving].dimension,
                dimension=serving.dimension,
                generation=serving.name,
                index=self._generation_stores[serving].index.kind,
            )
            for collection, serving in self._serving.items()
        }

    @property
    def rows_read(self) -> int:
        """Rows missing from the saved index that were read from the record at start-up."""
        return sum(generation_store.rows_read for generation_store in self._generation_stores.values())

    def busy(self) -> bool:
        """Returns whether any index is not yet in its final form."""
        return any(generation_store.index.behind() for generation_store in self._generation_stores.values())

    def dead_rows(self, collection: str) -> int:
        """Slots of replaced and deleted rows in the index in service."""
        found = self._find(collection, None)
        return 0 if found is None else self._generation_stores[found].index.dead

    def flush(self) -> None:
        with self._writing:
            for generation_store in self._current_stores():
                generation_store.flush()

    def close(self) -> None:
        self._maintenance.stop()
        with self._writing:
            for generation_store in self._current_stores():
                generation_store.flush()
                generation_store.save()
            self._record.close()
