from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from broker.vectors import pack_vectors, unpack_vectors
from contract.errors import Conflict, InvalidRequest, NotFound, StoreUnavailable
from contract.message import fields_of
from tests.harness.vectors import random_unit, rows
from tests.integration.workers.search.conftest import DIM, INDEX_DIM, SPACES, Caller, settings_in
from workers.search.service import SearchService, open_store


def test_upsert_then_lookup(call: Caller) -> None:
    vectors = random_unit(3, DIM["muq"])
    call.fill("muq", rows(3), vectors)
    reply = call("vectors.lookup", {"model": "muq", "track_ids": ["t000002", "none", "t000000"]})
    assert reply.result == {"track_ids": ["t000002", "t000000"], "dim": DIM["muq"]}
    assert np.allclose(unpack_vectors(reply.blobs[0], DIM["muq"]), vectors[[2, 0]], atol=1e-6)


def test_lookup_in_an_empty_store(call: Caller) -> None:
    reply = call("vectors.lookup", {"model": "muq", "track_ids": ["x"]})
    assert reply.result["track_ids"] == []


def test_status_names_models_with_vectors_only(call: Caller) -> None:
    assert call("store.status").result["models"] == {}
    call.fill("spectral", rows(4), random_unit(4, DIM["spectral"]))
    status = call("store.status").result
    state = {"count": 4, "hidden": 0, "dimension": 16, "stored_dimension": 16, "generation": "g1", "index": "flat"}
    assert status["models"] == {"spectral": state}
    assert status["uri"].endswith("milvus.db")


def test_copy_gives_other_tracks_the_same_vector_and_refreshes_tags(call: Caller) -> None:
    vectors = random_unit(1, DIM["muq"])
    call.fill("muq", rows(1), vectors)
    renamed, twin = replace(rows(1)[0], title="New title"), replace(rows(2)[1], audio_id="audio0")
    params = {"model": "muq", "source_track_id": "t000000", "rows": [fields_of(renamed), fields_of(twin)]}
    assert call("vectors.copy", params).result == {"written": 2}
    reply = call("vectors.lookup", {"model": "muq", "track_ids": ["t000000", "t000001"]})
    found = unpack_vectors(reply.blobs[0], DIM["muq"])
    assert np.allclose(found, vectors[[0, 0]], atol=1e-6)
    with pytest.raises(NotFound, match="embed it first"):
        call("vectors.copy", {**params, "source_track_id": "nobody"})


def test_delete_and_scan(call: Caller) -> None:
    call.fill("muq", rows(5), random_unit(5, DIM["muq"]))
    call.fill("spectral", rows(5), random_unit(5, DIM["spectral"]))
    assert call("vectors.delete", {"track_ids": ["t000001"], "model": "muq"}).result == {"deleted": 1}
    assert call("vectors.delete", {"track_ids": ["t000001", "t000002"]}).result == {"deleted": 2}
    page = call("vectors.scan", {"model": "muq", "limit": 2}).result
    assert page["rows"][0] == {"track_id": "t000000", "audio_id": "audio0", "model_id": "model"}
    assert page["next"] == "t000003"
    assert call("vectors.scan", {"model": "muq", "after": "t000003", "limit": 2}).result["next"] is None


def test_a_long_vector_is_stored_projected_and_keeps_its_api_dimension(call: Caller) -> None:
    vectors = random_unit(3, DIM["mert"])
    call.fill("mert", rows(3), vectors)
    reply = call("vectors.lookup", {"model": "mert", "track_ids": ["t000000"]})
    assert reply.result["dim"] == INDEX_DIM
    assert call("store.status").result["models"]["mert"]["dimension"] == DIM["mert"]
    # A text of the API's length finds its track.
    seeds = [{"track_id": "text", "embedding": vectors[1].tolist()}]
    assert call.recommend(seeds=seeds, limit=1)["tracks"][0]["track_id"] == "t000001"


def test_generations_through_the_operations(call: Caller) -> None:
    call.fill("muq", rows(2), random_unit(2, DIM["muq"]))
    begin = {"model": "muq", "dim": DIM["muq"], "name": "job-7"}
    assert call("generations.begin", begin).result == {"generation": "job-7"}
    call.fill("muq", rows(1, start=9), random_unit(1, DIM["muq"]), "job-7")
    assert call("generations.switch", {"model": "muq", "generation": "job-7"}).result == {"generation": "job-7"}
    assert call("store.status").result["models"]["muq"]["count"] == 1
    with pytest.raises(Conflict):
        call("generations.drop", {"model": "muq", "generation": "job-7"})
    call("generations.drop", {"model": "muq", "generation": "g1"})
    assert call("store.flush").result == {"flushed": True}


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("vectors.upsert", {"model": "nope", "rows": [], "dim": 24}, "the models are muq, spectral, mert"),
    ("vectors.upsert", {"model": "muq", "rows": 5}, "rows"),
    ("vectors.upsert", {"model": "muq", "rows": [{"title": "x"}], "dim": 24}, r"rows\.0\.track_id"),
    ("vectors.upsert", {"model": "muq", "rows": [{"track_id": "a"}], "dim": 0}, "dim"),
    ("vectors.upsert", {"model": "muq", "rows": [{"track_id": "a"}], "dim": 23}, "float32"),
    ("vectors.upsert", {"model": "muq", "rows": [{"track_id": "a"}, {"track_id": "b"}], "dim": 24}, "2 vectors"),
    ("vectors.upsert", {"model": "muq", "rows": [{"track_id": "a", "duration": float("nan")}], "dim": 24}, "duration"),
    ("vectors.lookup", {"model": "muq", "track_ids": [1]}, "track_ids"),
    ("vectors.scan", {"model": "muq", "limit": 0}, "limit"),
    ("generations.begin", {"model": "muq", "dim": 24, "name": "a/b"}, "generation"),
]


@pytest.mark.parametrize(("op", "params", "message"), BAD)
def test_bad_params_name_the_field(call: Caller, op: str, params: dict[str, Any], message: str) -> None:
    blobs = [pack_vectors(random_unit(1, DIM["muq"]))] if op == "vectors.upsert" else []
    with pytest.raises(InvalidRequest, match=message):
        call(op, params, blobs)


def test_what_is_not_known_of_a_row_is_empty_and_long_tags_are_cut(call: Caller) -> None:
    row = {"track_id": "a", "title": "x" * 2000, "artist": None, "album_id": None, "library_id": 3.0, "duration": None}
    params = {"model": "muq", "rows": [row], "dim": DIM["muq"]}
    assert call("vectors.upsert", params, [pack_vectors(random_unit(1, DIM["muq"]))]).result == {"written": 1}
    (kept,) = call("vectors.export", {"model": "muq"}).result["rows"]
    assert (len(kept["title"]), kept["artist"], kept["album_id"], kept["library_id"]) == (1024, "", "", 3)
    assert kept["duration"] == 0.0


def test_a_field_that_there_is_not_is_refused(call: Caller) -> None:
    with pytest.raises(InvalidRequest, match="limits: unknown field") as refused:
        call("recommend", {"limits": 5})
    assert refused.value.detail == {"field": "limits"}


def test_another_dimension_is_a_conflict(call: Caller) -> None:
    call.fill("muq", rows(2), random_unit(2, DIM["muq"]))
    with pytest.raises(Conflict, match="clearExisting"):
        call.fill("muq", rows(2), random_unit(2, 30))


def test_a_service_that_is_not_open_says_so(tmp_path: Path) -> None:
    service = SearchService(settings_in(tmp_path), SPACES)
    with pytest.raises(StoreUnavailable, match="not open"):
        Caller(service)("store.status")


def test_a_server_that_is_down_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="http://localhost:9"):
        open_store(settings_in(tmp_path, uri="http://localhost:9"))


def test_slow_queries_are_logged_with_their_stages(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    service = SearchService(settings_in(tmp_path, slow_query_ms=0), SPACES)
    service.open()
    call = Caller(service)
    call.fill("muq", rows(5), random_unit(5, DIM["muq"]))
    call.recommend(seeds=[{"track_id": "t000001"}], limit=2, models=["muq"])
    service.stop()
    (line,) = [record.getMessage() for record in caplog.records if "SLOW_QUERY" in record.getMessage()]
    for part in ("trace=trace-1", "lookup=", "search.muq=", "rank=", "seeds=1"):
        assert part in line
