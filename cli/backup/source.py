"""Where vectors are read from: the search worker of a running mesh, else the store itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from broker.client import MeshClient
from cli.mesh import wait_for_services
from cli.supervisor import Supervisor
from contract.errors import NoWorker
from contract.search import Search
from contract.settings import load_settings
from workers.folder.opening import open_folder
from workers.library.backup.source import MeshSource, opened
from workers.search.settings import SearchSettings
from workers.search.spaces import known_spaces
from workers.search.store.transfer import GenerationSource, StoreSource

#: Seconds to wait for the search worker of a mesh that has just started.
START_SECONDS: Final = 60.0


@contextmanager
def source_in_use(settings: SearchSettings) -> Iterator[GenerationSource]:
    """Open the vectors of this mesh, running or not; keeps the data folder at this release's version meanwhile.

    Raises `NoWorker`, `StoreUnavailable`, and the errors of `open_folder`.
    """
    with open_folder(settings.data), _source(settings) as source:
        yield source


@contextmanager
def _source(settings: SearchSettings) -> Iterator[GenerationSource]:
    if Supervisor(settings).running():
        with MeshClient(settings.broker_endpoint) as client:
            if wait_for_services(client, {Search.service}, START_SECONDS):
                raise NoWorker("the mesh is running without a search worker: `sonicmesh doctor` says why")
            yield MeshSource(client)
        return
    with opened(settings) as store:
        yield StoreSource(store, known_spaces().values())


def store_settings() -> SearchSettings:
    """Return the settings of this mesh's store."""
    return load_settings(SearchSettings)
