"""The operations on vectors and generations, as listed in `docs/reference/operations.md`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from broker.vectors import Vectors, pack_vectors, unpack_vectors
from broker.wire import WireError
from contract.errors import InvalidRequest, NotFound
from contract.message import Nothing
from contract.operation import Buffer, ReplyWithBlobs
from contract.search import (
    BeginRequest,
    Collection,
    CopyRequest,
    Deleted,
    DeleteRequest,
    Exported,
    Flushed,
    Generation,
    GenerationRequest,
    LookupRequest,
    PageRequest,
    Row,
    RowMark,
    Scanned,
    StoredVectors,
    StoreStatus,
    UpsertRequest,
    Written,
)
from workers.runtime.service import Call
from workers.search.spaces import Space, find_space
from workers.search.store.names import check_generation
from workers.search.store.pages import read_page
from workers.search.store.projection import project
from workers.search.store.vector_store import CollectionStatus, VectorStore


class VectorOperations:
    """Handlers of `vectors.*`, `generations.*` and `store.*`. One instance per store."""

    def __init__(self, store: VectorStore, spaces: Mapping[str, Space], index_dimension: int) -> None:
        self._store = store
        self._spaces = spaces
        self._index_dimension = index_dimension

    def upsert(self, request: UpsertRequest, call: Call) -> Written:
        """Write vectors; they are durable when the reply is sent."""
        space, generation = self._space(request.model), _named(request.generation)
        vectors = read_vectors(call.blobs, request.dim)
        stored = project(vectors, self._stored_dimension(space, generation, request.dim))
        written = self._store.upsert(space.collection, request.rows, stored, request.dim, generation)
        return Written(written=written)

    def copy(self, request: CopyRequest, _call: Call) -> Written:
        """Give rows the stored vector of a track with the same audio."""
        space, generation = self._space(request.model), _named(request.generation)
        found = self._store.lookup(space.collection, [request.source_track_id], generation)
        dimension = self._store.dimension(space.collection, generation)
        if not found.rows or dimension is None:
            raise NotFound(f"track {request.source_track_id!r} has no vector of {space.model}: embed it first")
        vectors = np.repeat(found.vectors, len(request.rows), axis=0)
        written = self._store.upsert(space.collection, request.rows, vectors, dimension, generation)
        return Written(written=written)

    def delete(self, request: DeleteRequest, _call: Call) -> Deleted:
        """Delete tracks from one model, or from all."""
        collections = None if request.model is None else [self._space(request.model).collection]
        return Deleted(deleted=self._store.delete(request.track_ids, collections))

    def lookup(self, request: LookupRequest, _call: Call) -> ReplyWithBlobs[StoredVectors]:
        """Returns stored vectors, of length 1."""
        found = self._store.lookup(self._space(request.model).collection, request.track_ids)
        looked = StoredVectors(track_ids=[row.track_id for row in found.rows], dim=int(found.vectors.shape[1]))
        return ReplyWithBlobs(looked, [pack_vectors(found.vectors)])

    def scan(self, request: PageRequest, _call: Call) -> Scanned:
        """Returns one page of stored rows."""
        space, generation = self._space(request.model), _named(request.generation)
        rows, after = self._store.scan(space.collection, request.after, request.limit, generation)
        return Scanned(rows=[_mark(row) for row in rows], next=after)

    def export(self, request: PageRequest, _call: Call) -> ReplyWithBlobs[Exported]:
        """Returns one page of complete rows with their stored vectors."""
        space, generation = self._space(request.model), _named(request.generation)
        page = read_page(self._store, space.collection, generation, request.after, request.limit)
        exported = Exported(rows=page.rows, dim=int(page.vectors.shape[1]), next=page.after)
        return ReplyWithBlobs(exported, [pack_vectors(page.vectors)])

    def begin(self, request: BeginRequest, _call: Call) -> Generation:
        """Begin a generation to fill beside the one in service."""
        space, name = self._space(request.model), check_generation(request.name)
        self._store.begin(space.collection, name, min(request.dim, self._index_dimension), request.dim)
        return Generation(generation=name)

    def switch(self, request: GenerationRequest, _call: Call) -> Generation:
        """Put a generation into service."""
        name = check_generation(request.generation)
        self._store.switch(self._space(request.model).collection, name)
        return Generation(generation=name)

    def drop(self, request: GenerationRequest, _call: Call) -> Generation:
        """Remove a generation that is not in service."""
        name = check_generation(request.generation)
        self._store.drop(self._space(request.model).collection, name)
        return Generation(generation=name)

    def status(self, _request: Nothing, _call: Call) -> StoreStatus:
        """Returns what is in service, by model."""
        there = self._store.status()
        collections = {model: space.collection for model, space in self._spaces.items() if space.collection in there}
        models = {model: self._collection(name, there[name]) for model, name in collections.items()}
        return StoreStatus(uri=self._store.uri, models=models)

    def flush(self, _request: Nothing, _call: Call) -> Flushed:
        """Write everything to disk before replying."""
        self._store.flush()
        return Flushed()

    def _space(self, model: str) -> Space:
        return find_space(self._spaces, model)

    def _collection(self, name: str, state: CollectionStatus) -> Collection:
        return Collection(
            count=state.count,
            hidden=self._store.hidden(name),
            dimension=state.dimension,
            stored_dimension=state.stored_dimension,
            generation=state.generation,
            index=state.index,
        )

    def _stored_dimension(self, space: Space, generation: str | None, dimension: int) -> int:
        """Returns the generation's stored dimension, so that a changed setting applies from the next generation on."""
        there = self._store.stored_dimension(space.collection, generation)
        return min(dimension, self._index_dimension if there is None else there)


def read_vectors(blobs: Sequence[Buffer], dimension: int) -> Vectors:
    """Read [n, dimension] vectors, the only blob of a call. Raises `InvalidRequest`."""
    if len(blobs) != 1:
        raise InvalidRequest(f"expected one blob of vectors, not {len(blobs)}")
    try:
        return unpack_vectors(blobs[0], dimension)
    except WireError as error:
        raise InvalidRequest(f"vectors: {error}", {"field": "dim"}) from error


def _named(generation: str | None) -> str | None:
    return None if generation is None else check_generation(generation)


def _mark(row: Row) -> RowMark:
    return RowMark(track_id=row.track_id, audio_id=row.audio_id, model_id=row.model_id)
