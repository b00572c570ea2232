"""The contract of a vector store. `embedded` keeps it in a folder; a server's client slots in beside it.

A *collection* (`embedding`, `spectral_embedding`, ...) is an alias of the *generation* in service. Further generations
may be filled beside it. `generation=None` means the one in service.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from broker.vectors import Vectors
from contract.search import Row

if TYPE_CHECKING:
    from workers.search.store.index.arrangement import Arrangement


@dataclass(frozen=True, slots=True)
class Where:
    """What a search may return: tracks of `libraries` (empty: all), but none of these tracks and artists.

    `unlisted` are tracks too, many and nearly always the same object: what was worked out for it is remembered.
    """

    libraries: frozenset[int] = frozenset()
    without_tracks: frozenset[str] = frozenset()
    without_artists: frozenset[str] = frozenset()
    unlisted: frozenset[str] = frozenset()


ANYWHERE = Where()


@dataclass(frozen=True, slots=True)
class Matches:
    """Rows and their vectors, row by row: float32 [n, dim] of length 1.

    `exhausted`: nothing else that the filter allows is in the collection.
    """

    rows: list[Row] = field(default_factory=list)
    vectors: Vectors = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    exhausted: bool = True


@dataclass(frozen=True, slots=True)
class CollectionStatus:
    """One collection: rows, values a stored vector, values a vector of the API, generation in service, index."""

    count: int
    stored_dimension: int
    dimension: int
    generation: str
    index: str


class VectorStore(ABC):
    """Vectors by collection and track id. Thread-safe. All methods raise `StoreUnavailable` where the store fails."""

    uri: str

    def relaxed(self) -> VectorStore:
        """This store for making lists: its reads may miss what other processes wrote in the last seconds."""
        return self

    @abstractmethod
    def upsert(
        self, collection: str, rows: Sequence[Row], vectors: Vectors, dimension: int, generation: str | None = None
    ) -> int:
        """Write `rows` with their [n, stored] vectors, replacing rows of the same track id; returns how many.

        When it returns a killed process loses none of them. `dimension` is that of the API's vectors. Without a
        generation in service the first one is made. Raises `InvalidRequest` for vectors that cannot be stored,
        `Conflict` where the generation holds vectors of another dimension, `NotFound` for an unknown generation.
        """

    @abstractmethod
    def delete(self, track_ids: Sequence[str], collections: Sequence[str] | None = None) -> int:
        """Remove tracks from every generation of `collections` (None: all); returns how many tracks were there."""

    @abstractmethod
    def lookup(self, collection: str, track_ids: Sequence[str], generation: str | None = None) -> Matches:
        """The rows of those ids that are there, in the order of `track_ids`, each once."""

    @abstractmethod
    def held(self, collection: str, track_ids: Sequence[str]) -> frozenset[str]:
        """Those of `track_ids` that have a row in the generation in service."""

    @abstractmethod
    def count(self, collection: str, where: Where = ANYWHERE) -> int:
        """Rows that a search with this filter may find; 0 where nothing is in service."""

    @abstractmethod
    def by_artists(self, collection: str, artist_ids: Sequence[str], limit: int) -> Matches:
        """At most `limit` rows of these artists, the first by `precedence`."""

    @abstractmethod
    def scan(
        self, collection: str, after: str | None, limit: int, generation: str | None = None
    ) -> tuple[list[Row], str | None]:
        """At most `limit` rows by ascending track id from behind `after`, and the `after` of the next page or None."""

    @abstractmethod
    def search(self, collection: str, queries: Vectors, k: int, where: Where = ANYWHERE) -> Matches:
        """The union of the `k` nearest rows by cosine of each of the [q, stored] queries, by `precedence`.

        Rows as near as the last of a query may come too.
        """

    @abstractmethod
    def hide(self, track_ids: frozenset[str]) -> None:
        """From now on no search finds these tracks, and only these; their rows stay. Not kept over a start."""

    @abstractmethod
    def sample(self, collection: str, count: int, seed: int = 0) -> Vectors:
        """[n <= count, stored] vectors drawn evenly from the generation in service.

        The same ones in the same order for the same tracks and seed, wherever the store has them. None of hidden
        tracks: what likeness means in a library is told by what is in it.
        """

    @abstractmethod
    def hidden(self, collection: str) -> int:
        """Rows of the generation in service that `hide` keeps from searches."""

    @abstractmethod
    def stored_dimension(self, collection: str, generation: str | None = None) -> int | None:
        """Values of a stored vector; None where there is no such generation."""

    @abstractmethod
    def dimension(self, collection: str, generation: str | None = None) -> int | None:
        """Values of the API's vectors; None where there is no such generation."""

    @abstractmethod
    def begin(self, collection: str, generation: str, stored_dimension: int, dimension: int) -> None:
        """Make an empty generation, or go on with the one of that name. Raises `Conflict` on another dimension."""

    def arrange(self, collection: str, generation: str, known: Arrangement) -> bool:
        """Take over a graph of the generation's rows; False where they are others, or the store makes its own."""
        return False

    @abstractmethod
    def switch(self, collection: str, generation: str) -> None:
        """Put a generation into service, at once for every later read. Raises `NotFound`."""

    @abstractmethod
    def drop(self, collection: str, generation: str) -> None:
        """Remove a generation; one that is not there is fine. Raises `Conflict` for the one in service."""

    @abstractmethod
    def status(self) -> dict[str, CollectionStatus]:
        """The collections that have a generation in service."""

    @abstractmethod
    def flush(self) -> None:
        """Return once everything written is on the disk."""

    @abstractmethod
    def close(self) -> None:
        """Flush and let go of the store, so that another process may open it."""
