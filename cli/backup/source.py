"""Where vectors are read from: the search worker of a running mesh, else the store itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from broker.client import MeshClient
from broker.vectors import unpack_vectors
from broker.wire import Reply
from cli.mesh import wait_for_services
from cli.supervisor import Supervisor
from contract.errors import NoWorker
from contract.operation import BATCH
from contract.settings import load_settings
from workers.search.settings import SearchSettings
from workers.search.spaces import known_spaces
from workers.search.store.pages import Page, page_rows
from workers.search.store.rows import row_from_wire
from workers.search.store.transfer import Holding, Source, StoreSource
from workers.search.store.vector_store import VectorStore

#: Seconds that one page may take on a busy machine.
PAGE_SECONDS: Final = 120.0
#: Seconds until the search worker of a mesh that has just been started must be there.
START_SECONDS: Final = 60.0


class MeshSource:
    """The search worker: it answers page by page, behind everybody who waits for a list."""

    def __init__(self, client: MeshClient) -> None:
        self._client = client

    def holdings(self) -> list[Holding]:
        models = self._client.call("search", "store.status", timeout=PAGE_SECONDS).result["models"]
        spaces = known_spaces()
        return [
            Holding(
                name,
                spaces[name].collection,
                found["generation"],
                found["dimension"],
                found["stored_dimension"],
                found["count"],
            )
            for name, found in models.items()
            if found["count"] and name in spaces
        ]

    def pages(self, holding: Holding) -> Iterator[Page]:
        params = {
            "model": holding.model,
            "generation": holding.generation,
            "limit": page_rows(holding.stored_dimension),
            "after": None,
        }
        while True:
            page = _page(self._client.call("search", "vectors.export", params, timeout=PAGE_SECONDS, lane=BATCH))
            yield page
            params["after"] = page.after
            if page.after is None:
                return


def _page(reply: Reply) -> Page:
    rows = [row_from_wire(row, f"rows[{place}]") for place, row in enumerate(reply.result["rows"])]
    vectors = unpack_vectors(reply.blobs[0], max(1, reply.result["dim"]))
    return Page(rows, vectors, reply.result["next"])


@contextmanager
def source_in_use(settings: SearchSettings) -> Iterator[Source]:
    """The vectors of this mesh, whether it runs or not. Raises `NoWorker`, `StoreUnavailable`."""
    if Supervisor(settings).running():
        with MeshClient(settings.broker_endpoint) as client:
            if wait_for_services(client, {"search"}, START_SECONDS):
                raise NoWorker("the mesh runs without a search worker: `sonicmesh doctor` tells why")
            yield MeshSource(client)
        return
    with opened(settings) as store:
        yield StoreSource(store, known_spaces().values())


@contextmanager
def opened(settings: SearchSettings) -> Iterator[VectorStore]:
    """The store that `settings` name, opened in this process. Raises `StoreUnavailable`, also while a worker has it."""
    from workers.search.service import open_store  # the store's packages take a second

    store = open_store(settings)
    try:
        yield store
    finally:
        store.close()


def store_settings() -> SearchSettings:
    """Where the vectors of this mesh are."""
    return load_settings(SearchSettings)
