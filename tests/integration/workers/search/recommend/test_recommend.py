"""`recommend` on a real store: rules of the contract, one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from contract.errors import InvalidRequest
from tests.harness.vectors import clusters, random_unit, rows
from tests.integration.workers.search.conftest import DIM, Caller

#: Clusters of the library and tracks in each.
STYLES, PER_STYLE = 8, 15


@pytest.fixture
def library(call: Caller) -> Caller:
    """120 tracks in eight styles, in muq and spectral alike; track n is of style n // 15."""
    tracks = rows(STYLES * PER_STYLE)
    call.fill("muq", tracks, clusters(STYLES, PER_STYLE, DIM["muq"]))
    call.fill("spectral", tracks, clusters(STYLES, PER_STYLE, DIM["spectral"], seed=5))
    return call


def seeds(*numbers: int) -> list[dict[str, Any]]:
    return [{"track_id": f"t{number:06}"} for number in numbers]


def numbers(result: dict[str, Any]) -> list[int]:
    return [int(track["track_id"][1:]) for track in result["tracks"]]


def styles(result: dict[str, Any]) -> set[int]:
    return {number // PER_STYLE for number in numbers(result)}


def test_a_seed_brings_its_own_style(library: Caller) -> None:
    result = library.recommend(seeds=seeds(20), limit=10)
    assert len(result["tracks"]) == 10
    assert styles(result) == {1}
    assert 20 not in numbers(result)
    assert result["warnings"] == []


def test_scores_are_on_the_calibrated_scale_and_sorted(library: Caller) -> None:
    scores = [track["score"] for track in library.recommend(seeds=seeds(20), limit=60)["tracks"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert scores[0] > 0.4
    assert scores[-1] < 0.2


def test_the_default_model_is_muq_where_it_has_vectors(library: Caller) -> None:
    assert {tuple(track["models"]) for track in library.recommend(seeds=seeds(3))["tracks"]} == {("muq",)}


def test_without_muq_the_default_is_spectral(call: Caller) -> None:
    call.fill("spectral", rows(5), random_unit(5, DIM["spectral"]))
    assert call.recommend(seeds=seeds(3))["tracks"][0]["models"] == ["spectral"]


def test_no_seeds(library: Caller) -> None:
    nothings: list[Any] = [[], None]
    for nothing in nothings:
        result = library.recommend(seeds=nothing)
        assert result["tracks"] == []
        assert "no seeds" in result["warnings"][0]
        assert result["codes"] == ["no_seeds"]


def test_seeds_without_embedding_are_counted(library: Caller) -> None:
    result = library.recommend(seeds=seeds(1, 5000, 6000), limit=3)
    assert len(result["tracks"]) == 3
    assert result["warnings"] == ["2 of 3 seeds have no embedding in muq"]
    assert library.recommend(seeds=seeds(5000))["tracks"] == []


def test_an_empty_store_says_so(call: Caller) -> None:
    result = call.recommend(seeds=seeds(1))
    assert result["tracks"] == []
    assert "no vectors" in result["warnings"][0]


def test_a_model_without_vectors_costs_a_warning(library: Caller) -> None:
    result = library.recommend(seeds=seeds(1), models=["muq", "mert"], limit=5)
    assert len(result["tracks"]) == 5
    assert ["mert has no vectors" in warning for warning in result["warnings"]] == [True]


def test_exclusions_dislikes_and_libraries(call: Caller) -> None:
    vectors = clusters(2, 30, DIM["muq"])
    call.fill("muq", rows(30), vectors[:30])
    call.fill("muq", rows(30, start=30, library=2), vectors[30:])
    result = call.recommend(
        seeds=seeds(0),
        limit=60,
        exclude_track_ids=["t000001", "t000002"],
        disliked_track_ids=["t000003"],
        disliked_artist_ids=["artist4"],
    )
    assert set(numbers(result)) == set(range(60)) - {0, 1, 2, 3, 4}
    assert "55 of 60" in result["warnings"][0]
    assert result["codes"] == ["short_list"]
    only = call.recommend(seeds=seeds(0), limit=10, library_ids=[2])
    assert len(numbers(only)) == 10
    assert min(numbers(only)) >= 30


def test_the_list_is_filled_when_nearly_everything_is_excluded(library: Caller) -> None:
    excluded = [f"t{number:06}" for number in range(100)]
    result = library.recommend(seeds=seeds(0), limit=20, exclude_track_ids=excluded)
    assert sorted(numbers(result)) == list(range(100, 120))


def test_equal_audio_is_the_same_recording(call: Caller) -> None:
    vectors = clusters(1, 10, DIM["muq"])
    tracks = rows(10)
    tracks[4] = replace(tracks[4], audio_id="audio0")  # a copy of the seed
    tracks[6] = replace(tracks[6], audio_id="audio5")  # two copies of one candidate
    call.fill("muq", tracks, vectors)
    found = numbers(call.recommend(seeds=seeds(0), limit=20))
    assert 4 not in found
    assert len({5, 6} & set(found)) == 1
    assert len(found) == 7


def test_diversity_spreads_the_list(library: Caller) -> None:
    close = library.recommend(seeds=seeds(0, 1), limit=15, diversity=0.0)
    varied = library.recommend(seeds=seeds(0, 1), limit=15, diversity=1.0)
    assert len(styles(varied)) > len(styles(close))


def test_several_tastes_are_not_blurred(library: Caller) -> None:
    result = library.recommend(seeds=seeds(0, 45, 90), limit=30)
    assert styles(result) == {0, 3, 6}


def test_a_text_counts_in_the_model_of_its_length(library: Caller) -> None:
    text = clusters(STYLES, PER_STYLE, DIM["spectral"], seed=5)[50].tolist()
    result = library.recommend(seeds=[{"track_id": "text:0", "embedding": text}], limit=10)
    assert styles(result) == {3}
    assert result["tracks"][0]["models"] == ["spectral"]
    assert result["tracks"][0]["reason"] == "matches text"


def test_a_text_of_another_model_than_asked_for_has_no_effect_but_a_warning(library: Caller) -> None:
    text = {"track_id": "text", "embedding": [1.0] * DIM["spectral"]}
    result = library.recommend(seeds=[*seeds(0), text], models=["muq"], limit=5)
    assert len(result["tracks"]) == 5
    assert "1 text seeds had no effect" in result["warnings"][0]
    assert result["codes"] == ["text_seeds_unused"]


def test_a_reason_names_the_seed_that_speaks_for_it(library: Caller) -> None:
    result = library.recommend(seeds=seeds(0, 45), limit=20)
    for track, number in zip(result["tracks"], numbers(result), strict=True):
        nearest = 0 if number // PER_STYLE == 0 else 45
        assert track["reason"] == f"like Title {nearest} by Artist {nearest}"


def test_models_are_merged(library: Caller) -> None:
    asked: dict[str, Any] = {"seeds": seeds(20), "models": ["muq", "spectral"], "limit": 10}
    for strategy in ("union", "intersection", "priority"):
        result = library.recommend(**asked, merge_strategy=strategy)
        assert len(result["tracks"]) == 10
        assert styles(result) == {1}
    both = library.recommend(**asked, min_model_agreement=2)
    assert {tuple(track["models"]) for track in both["tracks"]} == {("muq", "spectral")}
    # More than the models that answered means all of them
    three = library.recommend(**asked, min_model_agreement=3)
    assert three["tracks"] == both["tracks"]
    assert "min_model_agreement 3" in three["warnings"][0]
    assert three["codes"] == ["agreement_lowered"]


def test_negative_embeddings_push_down_and_are_reported(library: Caller) -> None:
    vectors = clusters(STYLES, PER_STYLE, DIM["muq"])
    asked: dict[str, Any] = {"seeds": seeds(0, 45), "limit": 28}
    negative = {"muq": [vectors[50].tolist()]}
    plain = library.recommend(**asked)
    pushed = library.recommend(**asked, negative_embeddings=negative, negative_prompt_penalty=0.3)
    assert styles(plain) == {0, 3}
    assert {0, 3} <= styles(pushed)
    assert np.mean([n // PER_STYLE == 3 for n in numbers(pushed)[:14]]) < 0.2
    by_style = {
        n // PER_STYLE: t["negative_similarity"] for n, t in zip(numbers(pushed), pushed["tracks"], strict=True)
    }
    assert by_style[3] > by_style[0]
    assert "negative_similarity" not in plain["tracks"][0]


def test_dislike_strength_pushes_down_what_is_near_a_dislike(library: Caller) -> None:
    asked: dict[str, Any] = {"seeds": seeds(0, 45), "limit": 28}
    for dislike in ({"disliked_track_ids": ["t000050"]}, {"disliked_artist_ids": ["artist50"]}):
        result = library.recommend(**asked, **dislike, dislike_strength=1.0)
        assert np.mean([n // PER_STYLE == 3 for n in numbers(result)[:14]]) < 0.2
        assert 50 not in numbers(result)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"models": ["muq", "nope"]}, "the models are muq, spectral, mert"),
    ({"seeds": [{"track_id": "x", "embedding": [1.0, 2.0]}]}, "the models have muq 24, spectral 16, mert 600"),
    ({"seeds": [{"track_id": "x", "embedding": [float("nan")] * 24}]}, r"seeds\.0\.embedding"),
    ({"seeds": [{"track_id": "x", "embedding": [0.0] * 24}], "models": ["muq"]}, "above 0"),
    ({"negative_embeddings": {"muq": [[1.0]]}}, r"negative_embeddings\.muq\.0"),
    ({"negative_embeddings": {"nope": [[1.0]]}}, "the models are"),
    ({"merge_strategy": "sum"}, "merge_strategy"),
    ({"limit": 0}, "limit"),
    ({"limit": 501}, "limit"),
    ({"diversity": 1.5}, "diversity"),
    ({"negative_prompt_penalty": 0.2}, "negative_prompt_penalty"),
]


@pytest.mark.parametrize(("params", "message"), BAD)
def test_bad_requests_name_the_field_and_what_is_allowed(library: Caller, params: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        library.recommend(**{"seeds": seeds(1), **params})
