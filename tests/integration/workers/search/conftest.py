"""A search service on a store of its own, with two models of small dimensions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.search_server import NotMeasured, running
from broker.vectors import Vectors, pack_vectors
from broker.wire import Reply, pack_map, unpack_map
from contract.operation import Buffer
from contract.search import Row
from workers.runtime.service import Call
from workers.search.service import SearchService
from workers.search.settings import SearchSettings
from workers.search.spaces import Space
from workers.search.store.index.graph import GraphSettings
from workers.search.store.server import ServerStore

DIM = {"muq": 24, "spectral": 16, "mert": 600}
SPACES = {
    "muq": Space("muq", "embedding", DIM["muq"]),
    "spectral": Space("spectral", "spectral_embedding", DIM["spectral"]),
    "mert": Space("mert", "mert_embedding", DIM["mert"]),
}
INDEX_DIM = 64


class Caller:
    """Calls a service's operations as the worker loop does."""

    def __init__(self, service: SearchService) -> None:
        self.service = service

    def __call__(self, op: str, params: Mapping[str, Any] | None = None, blobs: Sequence[Buffer] = ()) -> Reply:
        call = Call(op, unpack_map(pack_map(params or {})), blobs, trace="trace-1")
        (outcome,) = self.service.operations()[op].handle([call])
        assert isinstance(outcome, Reply)
        return Reply(unpack_map(pack_map(outcome.result)), outcome.blobs)

    def fill(self, model: str, rows: Sequence[Row], vectors: Vectors, generation: str | None = None) -> None:
        """Upsert rows."""
        params = {
            "model": model,
            "generation": generation,
            "rows": list(rows),
            "dim": vectors.shape[1],
        }
        assert self("vectors.upsert", params, [pack_vectors(vectors)]).result == {"written": len(rows)}

    def recommend(self, **params: Any) -> dict[str, Any]:
        """`recommend` with what is given; `warnings` are their messages, `codes` their codes."""
        result = self("recommend", params).result
        codes, messages = zip(*told(result), strict=True) if result["warnings"] else ((), ())
        return {**result, "warnings": list(messages), "codes": list(codes)}


def told(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Codes and messages of an answer's warnings."""
    return [(warned["code"], warned["message"]) for warned in result["warnings"]]


def settings_in(folder: Path, **changes: Any) -> SearchSettings:
    """Settings with everything below `folder`."""
    names = {
        "uri": "NAVIDROME_MILVUS_URI",
        "mert_index_dim": "SONICMESH_MERT_INDEX_DIM",
        "min_similarity": "SONICMESH_MIN_SIMILARITY",
        "slow_query_ms": "SONICMESH_SLOW_QUERY_MS",
        "default_model": "SONICMESH_DEFAULT_MODEL",
        "flat_values": "SONICMESH_FLAT_VALUES",
    }
    values: dict[str, Any] = {"SONICMESH_DATA": folder, names["mert_index_dim"]: INDEX_DIM}
    return SearchSettings(**values, **{names[name]: value for name, value in changes.items()})


@pytest.fixture
def call(tmp_path: Path) -> Iterator[Caller]:
    service = SearchService(settings_in(tmp_path), SPACES)
    service.open()
    yield Caller(service)
    service.stop()


@pytest.fixture(scope="package")
def server() -> Iterator[str]:
    """The address of a real Milvus server; skips the test if none is available."""
    try:
        with running() as uri:
            yield uri
    except NotMeasured as reason:
        pytest.skip(str(reason))


@pytest.fixture
def empty(server: str) -> Iterator[str]:
    """The server's address; what was written is removed afterwards."""
    from pymilvus import MilvusClient

    yield server
    client = MilvusClient(uri=server)
    for name in client.list_collections():
        for alias in client.describe_collection(name)["aliases"]:
            client.drop_alias(alias)
        client.drop_collection(name)
    client.close()


@pytest.fixture
def store(empty: str) -> Iterator[ServerStore]:
    """A store on the empty server."""
    store = ServerStore(empty, GraphSettings())
    yield store
    store.close()
