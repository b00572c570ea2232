"""`vectors.twins`: which tracks sound the same."""

from __future__ import annotations

import numpy as np
import pytest

from contract.errors import InvalidRequest
from tests.harness.vectors import random_unit, rows
from tests.integration.workers.search.conftest import DIM, Caller


def test_pairs_of_all_pages(call: Caller) -> None:
    # Given 60 tracks, of which 7 and 41 are nearly one, and so are 50, 51 and 52
    vectors = random_unit(60, DIM["muq"])
    noise = random_unit(3, DIM["muq"], seed=9)
    vectors[41] = vectors[7] + 0.02 * noise[0]
    vectors[51], vectors[52] = vectors[50] + 0.02 * noise[1], vectors[50] + 0.02 * noise[2]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    call.fill("muq", rows(60), vectors)
    # When
    found, after, pages = [], None, 0
    while pages == 0 or after is not None:
        reply = call("vectors.twins", {"model": "muq", "after": after, "limit": 16}).result
        found += [(pair["track_id"], pair["other_id"]) for pair in reply["pairs"]]
        assert all(pair["score"] >= 0.93 for pair in reply["pairs"])
        after, pages = reply["next"], pages + 1
    # Then each pair is there once
    assert pages >= 4 and reply["model"] == "muq"
    assert sorted(found) == [
        ("t000007", "t000041"),
        ("t000050", "t000051"),
        ("t000050", "t000052"),
        ("t000051", "t000052"),
    ]


def test_nothing_to_compare(call: Caller) -> None:
    assert call("vectors.twins", {"model": "muq"}).result == {"model": "muq", "pairs": [], "next": None}


def test_what_is_refused(call: Caller) -> None:
    for params in ({"model": "nobody"}, {"limit": 0}, {"least": 2.0}):
        with pytest.raises(InvalidRequest):
            call("vectors.twins", params)
