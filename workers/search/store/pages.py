"""Reads a generation page by page, and computes a checksum of the rows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final

import orjson

from broker.vectors import Vectors, pack_vectors
from contract.errors import NotFound
from contract.search import Row
from workers.search.store.vector_store import VectorStore

#: Approximate bytes of vectors in one page.
PAGE_BYTES: Final = 8 * 1024 * 1024
#: Most rows in one page.
PAGE_ROWS: Final = 2000


@dataclass(frozen=True, slots=True)
class Page:
    """Rows with their [n, stored] vectors, and the `after` of the next page or None."""

    rows: list[Row]
    vectors: Vectors
    after: str | None


def page_rows(stored_dimension: int) -> int:
    """Returns the number of rows per page for vectors of this many values."""
    return max(1, min(PAGE_ROWS, PAGE_BYTES // (4 * max(1, stored_dimension))))


def read_page(store: VectorStore, collection: str, generation: str | None, after: str | None, limit: int) -> Page:
    """Returns at most `limit` rows in ascending order of id after `after`, leaving out rows deleted meanwhile.

    Every row is complete, with the vector that was written with it. Raises `NotFound` if there is no such generation.
    """
    rows, following = store.scan(collection, after, limit, generation)
    found = store.lookup(collection, [row.track_id for row in rows], generation)
    if store.stored_dimension(collection, generation) is None:
        raise NotFound(f"collection {collection!r} has no generation {generation!r}")
    return Page(found.rows, found.vectors, following)


class Checksum:
    """SHA-256 of every row with its vector, summed: independent of the order and paging of the rows."""

    def __init__(self) -> None:
        self._sum = 0
        self.count = 0

    def add(self, rows: Sequence[Row], vectors: Vectors) -> None:
        """Add rows with their [n, dim] vectors."""
        for row, vector in zip(rows, vectors, strict=True):
            digest = hashlib.sha256(orjson.dumps(astuple(row)) + pack_vectors(vector)).digest()
            self._sum = (self._sum + int.from_bytes(digest, "big")) % 2**256
            self.count += 1

    def hex(self) -> str:
        """64 hexadecimal digits."""
        return f"{self._sum:064x}"
