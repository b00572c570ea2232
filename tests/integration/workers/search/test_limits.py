"""Large and odd requests, settings, and a library that changes under the worker."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.vectors import clusters, random_unit, rows
from tests.integration.workers.search.conftest import DIM, SPACES, Caller, settings_in
from workers.search.recommend.candidates import MAX_QUERIES, representatives
from workers.search.recommend.query import Query, Targets, targets
from workers.search.recommend.ranking.similarity import Scale, Similarity
from workers.search.service import SearchService


def ids(result: dict[str, Any]) -> list[str]:
    return [track["track_id"] for track in result["tracks"]]


def test_a_least_similarity_wins_over_filling_the_list(tmp_path: Path) -> None:
    service = SearchService(settings_in(tmp_path, min_similarity=0.4), SPACES)
    service.open()
    call = Caller(service)
    call.fill("muq", rows(60), clusters(6, 10, DIM["muq"]))
    result = call.recommend(seeds=[{"track_id": "t000000"}], limit=30)
    service.stop()
    assert 0 < len(result["tracks"]) < 30
    assert all(track["score"] >= 0.4 for track in result["tracks"])
    assert "SONICMESH_MIN_SIMILARITY=0.4" in result["warnings"][0]


def test_the_largest_request_is_answered(call: Caller) -> None:
    # Given a library, and everything a request may hold at once
    count = 3000
    call.fill("muq", rows(count, artists=300), random_unit(count, DIM["muq"]))
    ten_thousand = [f"x'{number}\"" for number in range(10_000)]
    began = time.monotonic()
    result = call.recommend(
        seeds=[{"track_id": f"t{number:06}", "weight": 1 / (1 + number)} for number in range(2000)],
        limit=500,
        diversity=1.0,
        exclude_track_ids=ten_thousand,
        disliked_track_ids=ten_thousand,
        disliked_artist_ids=ten_thousand,
        dislike_strength=1.0,
        negative_embeddings={"muq": random_unit(200, DIM["muq"], seed=1).tolist()},
    )
    # Then it is answered, in seconds even on a busy machine
    assert len(set(ids(result))) == 500
    assert time.monotonic() - began < 30


def test_many_seeds_are_represented_by_weight() -> None:
    vectors = random_unit(1000, 8)
    weights = np.where(np.arange(1000) < 10, 50.0, 0.1).astype(np.float32)
    none = targets([], 8)
    similarity = Similarity(Scale())
    seeds = Targets(vectors, (similarity,) * 1000, tuple(rows(1000)))
    query = Query(SPACES["muq"], similarity, seeds, weights, none, none)
    queries = representatives(query)
    assert 10 < len(queries) <= MAX_QUERIES
    for heavy in vectors[:10]:
        assert (queries @ heavy).max() == pytest.approx(1, abs=1e-5)


def test_a_repeated_seed_counts_with_both_weights(call: Caller) -> None:
    call.fill("muq", rows(40), clusters(4, 10, DIM["muq"]))
    twice = [{"track_id": "t000000", "weight": 0.2}, {"track_id": "t000000", "weight": 0.8}]
    other = {"track_id": "t000010", "weight": 1.0}
    once = {"track_id": "t000000", "weight": 1.0}
    asked: dict[str, Any] = {"limit": 10}
    assert call.recommend(seeds=[*twice, other], **asked) == call.recommend(seeds=[once, other], **asked)


def test_scores_follow_a_switch_of_generation(call: Caller) -> None:
    # Given a library to which all tracks look alike, and a better one built beside it
    call.fill("muq", rows(30), clusters(1, 30, DIM["muq"]))
    before = call.recommend(seeds=[{"track_id": "t000000"}], limit=5)
    call("generations.begin", {"model": "muq", "dim": 40, "name": "next"})
    call.fill("muq", rows(30), clusters(3, 10, 40, seed=2), "next")
    assert call.recommend(seeds=[{"track_id": "t000000"}], limit=5) == before
    # When it goes into service, the very next answer is made from it, on its own scale
    call("generations.switch", {"model": "muq", "generation": "next"})
    after = call.recommend(seeds=[{"track_id": "t000000"}], limit=29)
    scores = {track["track_id"]: track["score"] for track in after["tracks"]}
    near, far = [f"t{n:06}" for n in range(1, 10)], [f"t{n:06}" for n in range(10, 30)]
    assert min(scores[track] for track in near) > max(scores[track] for track in far)


def test_scales_are_refreshed_as_the_library_grows(call: Caller) -> None:
    call.fill("muq", rows(10), clusters(1, 10, DIM["muq"]))
    alike = call.recommend(seeds=[{"track_id": "t000000"}], limit=1)["tracks"][0]["score"]
    call.fill("muq", rows(90, start=10), clusters(9, 10, DIM["muq"], seed=3))
    among_others = call.recommend(seeds=[{"track_id": "t000000"}], limit=1)["tracks"][0]["score"]
    # Two of one style are nothing special if all tracks have that style, and close in a library of ten
    assert among_others > alike


def test_copies_of_seeds_and_versions_are_folded(call: Caller) -> None:
    vectors = clusters(1, 6, DIM["muq"], spread=0.6)
    tracks = [replace(row, artist_id="a", artist="A", audio_id="") for row in rows(6)]
    tracks[1] = replace(tracks[1], title="Title 0", duration=201.0)  # another encoding of the seed
    tracks[3] = replace(tracks[3], title="Title 2 (Live 1999)", duration=300.0)  # a version of another candidate
    vectors[1], vectors[3] = vectors[0], vectors[2]
    call.fill("muq", tracks, vectors)
    found = set(ids(call.recommend(seeds=[{"track_id": "t000000"}], limit=9)))
    assert "t000001" not in found
    assert len(found & {"t000002", "t000003"}) == 1
    assert {"t000004", "t000005"} <= found


def test_a_graph_answers_like_the_exact_search(tmp_path: Path) -> None:
    results = []
    for name, flat_values in (("flat", 10**9), ("graph", 0)):
        service = SearchService(settings_in(tmp_path / name, flat_values=flat_values), SPACES)
        service.open()
        call = Caller(service)
        call.fill("muq", rows(600), clusters(20, 30, DIM["muq"], spread=0.8))
        until = time.monotonic() + 60
        while name == "graph" and time.monotonic() < until and service.settling():
            time.sleep(0.02)
        results.append(ids(call.recommend(seeds=[{"track_id": "t000007"}, {"track_id": "t000100"}], limit=25)))
        service.stop()
    flat, graph = results
    assert len(set(flat) & set(graph)) >= 24
