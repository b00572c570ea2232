"""`vectors.similar`: the nearest tracks on the calibrated scale."""

from __future__ import annotations

import numpy as np
import pytest

from broker.vectors import pack_vectors
from contract.errors import InvalidRequest, NotFound
from tests.harness.vectors import random_unit, rows
from tests.integration.workers.search.conftest import DIM, Caller


def test_the_nearest_tracks_best_first(call: Caller) -> None:
    # Given
    vectors = random_unit(50, DIM["muq"])
    call.fill("muq", rows(50), vectors)
    near = vectors[7] + 0.8 * vectors[9]
    # When
    reply = call("vectors.similar", {"model": "muq", "dim": DIM["muq"], "limit": 50}, [pack_vectors(near)])
    # Then
    matches = reply.result["matches"]
    assert [match["track_id"] for match in matches[:2]] == ["t000007", "t000009"]
    scores = [match["score"] for match in matches]
    assert (len(scores), scores) == (50, sorted(scores, reverse=True))
    # When only what is as good as the same is wanted
    params = {"model": "muq", "dim": DIM["muq"], "least": 0.9}
    reply = call("vectors.similar", params, [pack_vectors(3 * vectors[7])])
    # Then it has the top of the scale, whatever the vector's length
    assert [(m["track_id"], round(m["score"], 3)) for m in reply.result["matches"]] == [("t000007", 1.0)]


def test_by_a_track_that_is_there(call: Caller) -> None:
    call.fill("muq", rows(5), random_unit(5, DIM["muq"]))
    reply = call("vectors.similar", {"model": "muq", "track_id": "t000002", "limit": 1})
    assert reply.result["matches"][0]["track_id"] == "t000002"
    with pytest.raises(NotFound, match="embed it first"):
        call("vectors.similar", {"model": "muq", "track_id": "nobody"})


def test_an_empty_store_is_no_error(call: Caller) -> None:
    vector = pack_vectors(np.ones(DIM["muq"], np.float32))
    assert call("vectors.similar", {"model": "muq", "dim": DIM["muq"]}, [vector]).result == {"matches": []}


def test_vectors_that_cannot_be_compared(call: Caller) -> None:
    call.fill("muq", rows(5), random_unit(5, DIM["muq"]))
    size = DIM["muq"]
    for params, vector in (
        ({"dim": size + 1}, np.ones(size + 1)),
        ({"dim": size}, np.ones(size + 1)),
        ({"dim": size}, np.zeros(size)),
        ({"dim": size}, np.full(size, np.nan)),
        ({"dim": size, "least": "0.9"}, np.ones(size)),
        ({"dim": size, "limit": 0}, np.ones(size)),
        ({"dim": size, "model": "nobody"}, np.ones(size)),
    ):
        with pytest.raises(InvalidRequest):
            call("vectors.similar", {"model": "muq", **params}, [pack_vectors(vector.astype(np.float32))])
