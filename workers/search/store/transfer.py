"""Moves generations between stores and files, in either direction.

Incoming rows go into a generation that is not in service, are read back and compared; only then may it be switched to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

from contract.errors import Conflict, Internal
from workers.search.spaces import Space
from workers.search.store.index.arrangement import Arrangement
from workers.search.store.pages import Checksum, Page, page_rows, read_page
from workers.search.store.vector_store import VectorStore

#: Suffix for a generation's name if the one in service has that name.
ALTERNATIVES: Final = ("", "-r1", "-r2")

#: Called with the number of rows transferred since the last call.
Carried = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class GenerationInfo:
    """The generation in service of one model. `dimension` is the API's, `stored_dimension` that of the vectors."""

    model: str
    collection: str
    generation: str
    dimension: int
    stored_dimension: int
    count: int

    def to_wire(self) -> dict[str, Any]:
        return asdict(self)


class GenerationSource(Protocol):
    """A source to read generations from."""

    def in_service(self) -> list[GenerationInfo]:
        """Returns what is in service, without models that have no rows."""

    def pages(self, info: GenerationInfo) -> Iterator[Page]:
        """Yields all rows of one generation. Raises `NotFound` if it is gone."""


class StoreSource:
    """An open store."""

    def __init__(self, store: VectorStore, spaces: Iterable[Space]) -> None:
        self._store = store
        self._spaces = list(spaces)

    def in_service(self) -> list[GenerationInfo]:
        status = self._store.status()
        return [
            GenerationInfo(
                s.model, s.collection, found.generation, found.dimension, found.stored_dimension, found.count
            )
            for s in self._spaces
            if (found := status.get(s.collection)) is not None and found.count
        ]

    def pages(self, info: GenerationInfo) -> Iterator[Page]:
        limit, after = page_rows(info.stored_dimension), None
        while True:
            page = read_page(self._store, info.collection, info.generation, after, limit)
            yield page
            if (after := page.after) is None:
                return


class Arrival:
    """A generation being filled in a store, beside the one in service."""

    def __init__(self, store: VectorStore, info: GenerationInfo) -> None:
        """Begin the generation, empty. It keeps its name, or gets a similar one if the one in service has that name."""
        self._store = store
        self.info = info
        serving = store.status().get(info.collection)
        self.replaced = serving.generation if serving is not None else None
        self.name = next(
            f"{info.generation}{suffix}" for suffix in ALTERNATIVES if f"{info.generation}{suffix}" != self.replaced
        )
        store.drop(info.collection, self.name)
        store.begin(info.collection, self.name, info.stored_dimension, info.dimension)
        self.checksum = Checksum()

    def fill(self, pages: Iterable[Page], carried: Carried) -> None:
        """Write all pages and flush."""
        for page in pages:
            if page.rows:
                self._store.upsert(self.info.collection, page.rows, page.vectors, self.info.dimension, self.name)
                self.checksum.add(page.rows, page.vectors)
            carried(len(page.rows))
        self._store.flush()

    def verify(self, carried: Carried) -> None:
        """Read everything back. Raises `Internal` if it differs from what was written in any bit."""
        found = Checksum()
        limit, after = page_rows(self.info.stored_dimension), None
        while True:
            page = read_page(self._store, self.info.collection, self.name, after, limit)
            found.add(page.rows, page.vectors)
            carried(len(page.rows))
            if (after := page.after) is None:
                break
        if (found.count, found.hex()) != (self.checksum.count, self.checksum.hex()):
            raise Internal(
                f"{self.info.model}: {self.checksum.count} rows were written and {found.count} read back, or their "
                "vectors differ; nothing was switched. Check the disk and the store's log, then try again"
            )

    def arrange(self, known: Arrangement) -> bool:
        """Adopt a graph built from it elsewhere; False if it needs its own."""
        return self._store.arrange(self.info.collection, self.name, known)

    def switch(self) -> None:
        """Put the generation into service."""
        self._store.switch(self.info.collection, self.name)

    def tidy(self) -> None:
        """Drop the generation it replaced."""
        if self.replaced is not None:
            self._store.drop(self.info.collection, self.replaced)

    def abandon(self) -> None:
        """Drop the generation, unless it is already in service."""
        try:
            self._store.drop(self.info.collection, self.name)
        except Conflict:
            return
