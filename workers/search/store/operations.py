"""The operations on vectors and generations, as `docs/reference/operations.md` lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from broker.vectors import pack_vectors, unpack_vectors
from broker.wire import Reply, WireError
from contract.errors import InvalidRequest, NotFound
from workers.runtime.service import Call
from workers.search import params as read
from workers.search.spaces import Space, find_space
from workers.search.store.names import check_generation
from workers.search.store.pages import read_page
from workers.search.store.projection import project
from workers.search.store.rows import Row, row_from_wire
from workers.search.store.vector_store import VectorStore

#: Largest dimension of the API, and most rows of one page.
MAX_DIMENSION = 1_000_000
MAX_PAGE = 10_000


class VectorOperations:
    """Handlers of `vectors.*`, `generations.*` and `store.*`. One instance a store."""

    def __init__(self, store: VectorStore, spaces: Mapping[str, Space], index_dimension: int) -> None:
        self._store = store
        self._spaces = spaces
        self._index_dimension = index_dimension

    def upsert(self, call: Call) -> Reply:
        """`vectors.upsert`: durable when answered."""
        space, generation = self._space(call), self._generation(call)
        rows = _rows(call)
        dimension = read.whole(call.params, "dim", 1, MAX_DIMENSION)
        if len(call.blobs) != 1:
            raise InvalidRequest(f"one blob of vectors is expected, not {len(call.blobs)}")
        try:
            vectors = unpack_vectors(call.blobs[0], dimension)
        except WireError as error:
            raise InvalidRequest(f"vectors: {error}", {"field": "dim"}) from error
        stored = project(vectors, self._stored_dimension(space, generation, dimension))
        written = self._store.upsert(space.collection, rows, stored, dimension, generation)
        return Reply({"written": written})

    def copy(self, call: Call) -> Reply:
        """`vectors.copy`: the rows get the stored vector of a track with the same audio."""
        space, generation = self._space(call), self._generation(call)
        rows = _rows(call)
        source = read.text(call.params, "source_track_id")
        found = self._store.lookup(space.collection, [source], generation)
        dimension = self._store.dimension(space.collection, generation)
        if not found.rows or dimension is None:
            raise NotFound(f"track {source!r} has no vector of {space.model}: embed it first")
        vectors = np.repeat(found.vectors, len(rows), axis=0)
        return Reply({"written": self._store.upsert(space.collection, rows, vectors, dimension, generation)})

    def delete(self, call: Call) -> Reply:
        """`vectors.delete`: from one model, or from all."""
        collections = None if call.params.get("model") is None else [self._space(call).collection]
        return Reply({"deleted": self._store.delete(read.texts(call.params, "track_ids"), collections)})

    def lookup(self, call: Call) -> Reply:
        """`vectors.lookup`: stored vectors, of length 1."""
        found = self._store.lookup(self._space(call).collection, read.texts(call.params, "track_ids"))
        ids = [row.track_id for row in found.rows]
        return Reply({"track_ids": ids, "dim": int(found.vectors.shape[1])}, [pack_vectors(found.vectors)])

    def scan(self, call: Call) -> Reply:
        """`vectors.scan`: one page of what there is."""
        space, generation = self._space(call), self._generation(call)
        limit = read.whole(call.params, "limit", 1, MAX_PAGE, default=1000)
        rows, after = self._store.scan(space.collection, read.optional_text(call.params, "after"), limit, generation)
        page = [{"track_id": row.track_id, "audio_id": row.audio_id, "model_id": row.model_id} for row in rows]
        return Reply({"rows": page, "next": after})

    def export(self, call: Call) -> Reply:
        """`vectors.export`: one page of whole rows with their vectors as they are stored."""
        space, generation = self._space(call), self._generation(call)
        limit = read.whole(call.params, "limit", 1, MAX_PAGE, default=1000)
        page = read_page(self._store, space.collection, generation, read.optional_text(call.params, "after"), limit)
        rows = [row.to_wire() for row in page.rows]
        return Reply(
            {"rows": rows, "dim": int(page.vectors.shape[1]), "next": page.after}, [pack_vectors(page.vectors)]
        )

    def begin(self, call: Call) -> Reply:
        """`generations.begin`: a generation to fill beside the one in service."""
        space = self._space(call)
        name = check_generation(call.params.get("name"))
        dimension = read.whole(call.params, "dim", 1, MAX_DIMENSION)
        self._store.begin(space.collection, name, min(dimension, self._index_dimension), dimension)
        return Reply({"generation": name})

    def switch(self, call: Call) -> Reply:
        """`generations.switch`: the generation goes into service."""
        name = check_generation(call.params.get("generation"))
        self._store.switch(self._space(call).collection, name)
        return Reply({"generation": name})

    def drop(self, call: Call) -> Reply:
        """`generations.drop`: a generation that is not in service is removed."""
        name = check_generation(call.params.get("generation"))
        self._store.drop(self._space(call).collection, name)
        return Reply({"generation": name})

    def status(self, _call: Call) -> Reply:
        """`store.status`: what is in service, by model."""
        collections = self._store.status()
        models: dict[str, Any] = {}
        for model, space in self._spaces.items():
            if space.collection in collections:
                state = collections[space.collection]
                models[model] = {
                    "count": state.count,
                    "hidden": self._store.hidden(space.collection),
                    "dimension": state.dimension,
                    "stored_dimension": state.stored_dimension,
                    "generation": state.generation,
                    "index": state.index,
                }
        return Reply({"uri": self._store.uri, "models": models})

    def flush(self, _call: Call) -> Reply:
        """`store.flush`: everything is on the disk when this is answered."""
        self._store.flush()
        return Reply({"flushed": True})

    def _space(self, call: Call) -> Space:
        return find_space(self._spaces, call.params.get("model"))

    def _generation(self, call: Call) -> str | None:
        name = call.params.get("generation")
        return None if name is None else check_generation(name)

    def _stored_dimension(self, space: Space, generation: str | None, dimension: int) -> int:
        """That of the generation, so that a changed setting counts from the next generation on."""
        there = self._store.stored_dimension(space.collection, generation)
        return min(dimension, self._index_dimension if there is None else there)


def _rows(call: Call) -> list[Row]:
    return [row_from_wire(row, f"rows[{place}]") for place, row in enumerate(read.items(call.params, "rows"))]
