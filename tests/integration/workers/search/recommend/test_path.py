"""Paths between two tracks: the interpolation, the walk, and the operation on a real store."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from broker.vectors import Vectors
from contract.errors import InvalidRequest
from tests.harness.vectors import random_unit, rows
from tests.integration.workers.search.conftest import DIM, Caller, told
from workers.search.recommend.path import between


def arc(count: int, dimension: int, noise: float = 0.02) -> Vectors:
    """[count, dimension] tracks along the way between two random directions, a little off it."""
    start, end = random_unit(2, dimension, seed=5)
    points = between(start, end, count) + noise * random_unit(count, dimension, seed=6)
    unit: Vectors = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    return unit


def test_between_goes_in_equal_angles() -> None:
    start, end = random_unit(2, 24, seed=1)
    points = between(start, end, 7)
    angles = np.arccos(np.clip((points[1:] * points[:-1]).sum(axis=1), -1, 1))
    assert np.allclose(points[0], start, atol=1e-6)
    assert np.allclose(points[-1], end, atol=1e-6)
    assert np.allclose(angles, angles[0], atol=1e-3)


@pytest.mark.parametrize("sign", [1, -1])
def test_between_ends_without_a_direction_stays_finite(sign: int) -> None:
    start = random_unit(1, 8)[0]
    points = between(start, sign * start, 5)
    assert np.isfinite(points).all()
    assert np.allclose(np.linalg.norm(points, axis=1), 1, atol=1e-5)


def test_a_path_follows_the_tracks_that_lie_between(call: Caller) -> None:
    # Given twelve tracks on the way, in shuffled order, and many elsewhere
    on_the_way = arc(12, DIM["muq"])
    order = np.random.default_rng(2).permutation(12)
    elsewhere = random_unit(200, DIM["muq"], seed=9)
    call.fill("muq", rows(212), np.concatenate([on_the_way[order], elsewhere]))
    ids = {int(place): f"t{number:06}" for number, place in enumerate(order)}

    # When
    answer = call("path", {"from_id": ids[0], "to_id": ids[11], "count": 12, "model": "muq"}).result

    # Then
    assert [track["track_id"] for track in answer["tracks"]] == [ids[place] for place in range(12)]
    similarity = [track["similarity"] for track in answer["tracks"]]
    assert similarity[0] == 1.0
    assert similarity == sorted(similarity, reverse=True)
    assert answer["warnings"] == []


def test_nothing_comes_twice_and_filters_hold(call: Caller) -> None:
    vectors = random_unit(40, DIM["muq"], seed=3)
    call.fill("muq", [*rows(20), *rows(20, start=20, library=2)], vectors)
    asked = {"from_id": "t000000", "to_id": "t000001", "model": "muq", "library_ids": [1]}
    answer = call("path", {**asked, "count": 30, "exclude_track_ids": ["t000005"]}).result
    found = [track["track_id"] for track in answer["tracks"]]
    assert sorted(found) == sorted({f"t{n:06}" for n in range(20)} - {"t000005"})
    assert (found[0], found[-1]) == ("t000000", "t000001")
    assert told(answer) == [("short_list", "19 of 30 tracks: there are no others")]


def test_a_copy_of_an_end_is_no_step(call: Caller) -> None:
    vectors = random_unit(10, DIM["muq"], seed=4)
    vectors[2] = vectors[0]
    there = rows(10)
    there[2] = replace(there[2], audio_id=there[0].audio_id)
    call.fill("muq", there, vectors)
    answer = call("path", {"from_id": "t000000", "to_id": "t000001", "count": 5, "model": "muq"}).result
    assert "t000002" not in [track["track_id"] for track in answer["tracks"]]
    assert len(answer["tracks"]) == 5


def test_two_tracks_are_the_ends(call: Caller) -> None:
    call.fill("muq", rows(5), random_unit(5, DIM["muq"]))
    answer = call("path", {"from_id": "t000003", "to_id": "t000001", "count": 2}).result
    assert [track["track_id"] for track in answer["tracks"]] == ["t000003", "t000001"]


def test_an_end_without_a_vector_is_told(call: Caller) -> None:
    call.fill("muq", rows(3), random_unit(3, DIM["muq"]))
    answer = call("path", {"from_id": "t000000", "to_id": "nowhere", "count": 5}).result
    assert answer["tracks"] == []
    ((code, message),) = told(answer)
    assert code == "no_vector"
    assert "nowhere" in message
    assert call("path", {"from_id": "a", "to_id": "b", "model": "spectral"}).result["tracks"] == []


@pytest.mark.parametrize(
    "changes", [{"to_id": "t1"}, {"count": 1}, {"count": 201}, {"from_id": ""}, {"model": "nobody"}]
)
def test_bad_requests_are_refused(call: Caller, changes: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest):
        call("path", {"from_id": "t1", "to_id": "t2", **changes})


def test_factors_of_albums_and_artists_sink_their_tracks(call: Caller) -> None:
    vectors = random_unit(1, DIM["muq"]) + 0.1 * random_unit(6, DIM["muq"], seed=8)
    call.fill("muq", rows(6), vectors)
    seeds = [{"track_id": "t000000"}]
    plain = {t["track_id"]: t["score"] for t in call.recommend(seeds=seeds, models=["muq"])["tracks"]}
    answer = call.recommend(seeds=seeds, models=["muq"], artist_factors={"artist3": 0.6, "nobody": 0.1})
    sunk = {t["track_id"]: t["score"] for t in answer["tracks"]}
    assert sunk["t000003"] == pytest.approx(0.6 * plain["t000003"], abs=1e-4)
    assert {i: s for i, s in sunk.items() if i != "t000003"} == {i: s for i, s in plain.items() if i != "t000003"}
    both = call.recommend(seeds=seeds, models=["muq"], artist_factors={"artist3": 0.6}, album_factors={"album0": 0.5})
    again = {t["track_id"]: t["score"] for t in both["tracks"]}
    assert again["t000003"] == pytest.approx(0.3 * plain["t000003"], abs=1e-4)
    with pytest.raises(InvalidRequest):
        call.recommend(seeds=seeds, models=["muq"], artist_factors={"artist3": 1.5})
