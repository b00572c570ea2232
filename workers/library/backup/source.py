"""Where a backup reads vectors from: the search worker of a running mesh, or the store itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from broker.client import MeshClient
from broker.vectors import unpack_vectors
from contract.message import Nothing, fields_of
from contract.operation import BATCH, ReplyWithBlobs
from contract.search import Exported, PageRequest, SearchClient
from workers.search.settings import SearchSettings
from workers.search.spaces import known_spaces
from workers.search.store.pages import Page, page_rows
from workers.search.store.rows import row_from_wire
from workers.search.store.transfer import GenerationInfo
from workers.search.store.vector_store import VectorStore

#: Seconds that one page may take on a busy machine.
PAGE_SECONDS: Final = 120.0


class MeshSource:
    """Reads from the search worker, page by page, with lower priority than anyone who waits for a list."""

    def __init__(self, client: MeshClient) -> None:
        self._search = SearchClient(client)

    def in_service(self) -> list[GenerationInfo]:
        models = self._search.status(Nothing(), timeout=PAGE_SECONDS).models
        spaces = known_spaces()
        return [
            GenerationInfo(
                name,
                spaces[name].collection,
                collection.generation or "",
                collection.dimension,
                collection.stored_dimension,
                collection.count,
            )
            for name, collection in models.items()
            if collection.count and name in spaces
        ]

    def pages(self, info: GenerationInfo) -> Iterator[Page]:
        rows = page_rows(info.stored_dimension)
        request = PageRequest(model=info.model, generation=info.generation, limit=rows)
        while True:
            page = _page(self._search.export.answer(request, timeout=PAGE_SECONDS, lane=BATCH))
            yield page
            if page.after is None:
                return
            request = replace(request, after=page.after)


def _page(answer: ReplyWithBlobs[Exported]) -> Page:
    exported = answer.value
    rows = [row_from_wire(fields_of(row), f"rows[{place}]") for place, row in enumerate(exported.rows)]
    return Page(rows, unpack_vectors(answer.blobs[0], max(1, exported.dim)), exported.next)


@contextmanager
def opened(settings: SearchSettings) -> Iterator[VectorStore]:
    """Open the store of `settings` in this process. Raises `StoreUnavailable`, also while a worker has it open."""
    from workers.search.service import open_store  # the store's packages take a second

    store = open_store(settings)
    try:
        yield store
    finally:
        store.close()
