"""The contract of a vector store, implemented in `embedded` (a folder) and `server` (a Milvus server).

A *collection* (`embedding`, `spectral_embedding`, ...) is an alias of the *generation* in service. Other generations
can be filled beside it. `generation=None` means the one in service.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from broker.vectors import Vectors
from contract.search import Row

if TYPE_CHECKING:
    from workers.search.store.index.arrangement import Arrangement


@dataclass(frozen=True, slots=True)
class Where:
    """What a search may return: tracks of `libraries` (empty: all), but none of these tracks and artists.

    `unlisted` excludes tracks too; it is large and nearly always the same object, so work done for it is cached.
    """

    libraries: frozenset[int] = frozenset()
    without_tracks: frozenset[str] = frozenset()
    without_artists: frozenset[str] = frozenset()
    unlisted: frozenset[str] = frozenset()


ANYWHERE: Final = Where()


@dataclass(frozen=True, slots=True)
class SearchHits:
    """Rows and their vectors, row by row: float32 [n, dim] of length 1.

    `exhausted`: the collection holds no other row that the filter allows.
    """

    rows: list[Row] = field(default_factory=list)
    vectors: Vectors = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    exhausted: bool = True


@dataclass(frozen=True, slots=True)
class CollectionStatus:
    """One collection: rows, values in a stored vector, values in an API vector, generation in service, index."""

    count: int
    stored_dimension: int
    dimension: int
    generation: str
    index: str


class VectorStore(ABC):
    """Vectors by collection and track id. Thread-safe. All methods raise `StoreUnavailable` if the store fails."""

    uri: str

    def relaxed(self) -> VectorStore:
        """Returns this store for making lists: its reads may miss what other processes wrote in the last seconds."""
        return self

    @abstractmethod
    def upsert(
        self, collection: str, rows: Sequence[Row], vectors: Vectors, dimension: int, generation: str | None = None
    ) -> int:
        """Write `rows` with their [n, stored] vectors, replacing rows of the same track id; returns how many.

        Once it returns, a killed process loses none of them. `dimension` is that of the API's vectors. If no generation
        is in service, creates the first. Raises `InvalidRequest` for vectors that cannot be stored, `Conflict` if the
        generation holds vectors of another dimension, `NotFound` for an unknown generation.
        """

    @abstractmethod
    def delete(self, track_ids: Sequence[str], collections: Sequence[str] | None = None) -> int:
        """Remove tracks from every generation of `collections` (None: all); returns how many tracks were present."""

    @abstractmethod
    def lookup(self, collection: str, track_ids: Sequence[str], generation: str | None = None) -> SearchHits:
        """Returns the rows of the ids that are present, in the order of `track_ids`, each once."""

    @abstractmethod
    def held(self, collection: str, track_ids: Sequence[str]) -> frozenset[str]:
        """Returns the `track_ids` that have a row in the generation in service."""

    @abstractmethod
    def count(self, collection: str, where: Where = ANYWHERE) -> int:
        """Number of rows that a search with this filter may find; 0 if nothing is in service."""

    @abstractmethod
    def by_artists(self, collection: str, artist_ids: Sequence[str], limit: int) -> SearchHits:
        """Returns at most `limit` rows of these artists, the first by `precedence`."""

    @abstractmethod
    def scan(
        self, collection: str, after: str | None, limit: int, generation: str | None = None
    ) -> tuple[list[Row], str | None]:
        """Returns at most `limit` rows in ascending order of track id after `after`, and the next page's `after` or
        None.
        """

    @abstractmethod
    def search(self, collection: str, queries: Vectors, k: int, where: Where = ANYWHERE) -> SearchHits:
        """Returns the union of the `k` nearest rows by cosine of each of the [q, stored] queries, by `precedence`.

        May include rows that tie with a query's last one.
        """

    @abstractmethod
    def hide(self, track_ids: frozenset[str]) -> None:
        """Hide exactly these tracks from searches; their rows stay. Not kept across a restart."""

    @abstractmethod
    def sample(self, collection: str, count: int, seed: int = 0) -> Vectors:
        """Returns [n <= count, stored] vectors drawn evenly from the generation in service.

        The same vectors in the same order for the same tracks and seed, wherever they are stored. Leaves out hidden
        tracks: the similarity of a library depends on what is in it.
        """

    @abstractmethod
    def hidden(self, collection: str) -> int:
        """Number of rows of the generation in service that `hide` keeps from searches."""

    @abstractmethod
    def stored_dimension(self, collection: str, generation: str | None = None) -> int | None:
        """Number of values in a stored vector; None if there is no such generation."""

    @abstractmethod
    def dimension(self, collection: str, generation: str | None = None) -> int | None:
        """Number of values in an API vector; None if there is no such generation."""

    @abstractmethod
    def begin(self, collection: str, generation: str, stored_dimension: int, dimension: int) -> None:
        """Create an empty generation, or continue the one of that name. Raises `Conflict` on another dimension."""

    def arrange(self, collection: str, generation: str, known: Arrangement) -> bool:
        """Adopt a graph of the generation's rows; False if the rows differ or the store builds its own graph."""
        return False

    @abstractmethod
    def switch(self, collection: str, generation: str) -> None:
        """Put a generation into service, effective at once for every later read. Raises `NotFound`."""

    @abstractmethod
    def drop(self, collection: str, generation: str) -> None:
        """Remove a generation; ignores a missing one. Raises `Conflict` for the one in service."""

    @abstractmethod
    def status(self) -> dict[str, CollectionStatus]:
        """Returns the collections that have a generation in service."""

    @abstractmethod
    def flush(self) -> None:
        """Return once everything written is on disk."""

    @abstractmethod
    def close(self) -> None:
        """Flush and release the store, so that another process may open it."""
