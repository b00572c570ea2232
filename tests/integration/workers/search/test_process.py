"""The search worker as a real process behind a real broker, killed while it writes."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from broker.client import MeshClient
from broker.vectors import pack_vectors
from contract.errors import MeshError
from contract.message import fields_of
from tests.harness.mesh import Mesh
from tests.harness.vectors import random_unit, rows

#: Seconds a call may take on a loaded machine, a restart of the worker within it.
PATIENCE = 60.0
DIM = 1536


class SearchMesh(Mesh):
    """A broker and one search worker."""

    def __init__(self) -> None:
        super().__init__(OMP_NUM_THREADS="1")
        self.start_search()

    def start_search(self) -> None:
        self.worker = self.spawn("-m", "workers", "search", "--name", "search_01")


@pytest.fixture
def mesh() -> Iterator[SearchMesh]:
    with SearchMesh() as mesh:
        yield mesh


def upsert(client: MeshClient, number: int) -> None:
    params = {"model": "muq", "rows": [fields_of(rows(1, start=number)[0])], "dim": DIM}
    blob = pack_vectors(random_unit(1, DIM, seed=number))
    reply = client.call("search", "vectors.upsert", params, [blob], timeout=PATIENCE, lane="batch")
    assert reply.result == {"written": 1}


def test_a_worker_killed_while_it_writes_loses_nothing(mesh: SearchMesh) -> None:
    # Given a client that writes one track after the other
    acknowledged: list[int] = []
    failures: list[MeshError] = []
    enough = threading.Event()

    def write() -> None:
        for number in range(200):
            try:
                upsert(mesh.client, number)
            except MeshError as error:
                failures.append(error)
            acknowledged.append(number)
            if number == 50:
                enough.set()

    writer = threading.Thread(target=write)
    writer.start()
    # When the worker is killed meanwhile and started again
    assert enough.wait(PATIENCE)
    mesh.worker.kill()
    mesh.worker.wait()
    mesh.start_search()
    writer.join(2 * PATIENCE)
    # Then no write failed, every track is there once, and it recommends
    assert failures == []
    assert len(acknowledged) == 200
    status = mesh.client.call("search", "store.status", timeout=PATIENCE).result
    assert status["models"]["muq"]["count"] == 200
    asked = {"limit": 5, "seeds": [{"track_id": "t000001"}]}
    result = mesh.client.call("search", "recommend", asked, timeout=PATIENCE).result
    assert len(result["tracks"]) == 5
    assert result["warnings"] == []


def test_sigterm_saves_the_index_and_frees_the_store(mesh: SearchMesh) -> None:
    upsert(mesh.client, 1)
    mesh.worker.terminate()
    assert mesh.worker.wait(PATIENCE) == 0
    mesh.start_search()
    status = mesh.client.call("search", "store.status", timeout=PATIENCE).result
    assert status["models"]["muq"]["count"] == 1
