"""Which models answer lists, paths and mixes, on a real store with two models at several stages of a job."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.errors import InvalidRequest
from tests.harness.vectors import clusters, rows
from tests.integration.workers.search.conftest import DIM, SPACES, Caller, settings_in, told
from workers.search.recommend.warnings import FALLBACK_WARNING
from workers.search.service import SearchService

COUNT = 100
TRACKS = rows(50) + rows(50, start=50, library=2)
SPECTRAL = clusters(10, 10, DIM["spectral"])
MUQ = clusters(10, 10, DIM["muq"], seed=3)
#: Seeds that every stage of the second model has, and such that it gets late.
EARLY = [{"track_id": f"t{number:06}"} for number in (0, 1, 2)]
LATE = [{"track_id": f"t{number:06}"} for number in (97, 98, 99)]


def with_muq(call: Caller, share: float) -> Caller:
    """All tracks with spectral, the first ones with muq."""
    call.fill("spectral", TRACKS, SPECTRAL)
    count = round(COUNT * share)
    if count:
        call.fill("muq", TRACKS[:count], MUQ[:count])
    return call


def models(result: dict[str, Any]) -> set[str]:
    return {model for track in result["tracks"] for model in track["models"]}


@pytest.mark.parametrize("share", [0, 0.1, 0.4])
def test_a_model_that_is_not_ready_spoils_nobodys_list(call: Caller, share: float) -> None:
    with_muq(call, share)
    result = call.recommend(seeds=EARLY, models=["muq"], limit=25)
    assert len(result["tracks"]) == 25
    assert models(result) == {"spectral"}
    # A request that names no model gets the same, without a warning
    unasked = call.recommend(seeds=EARLY, limit=25)
    assert unasked["tracks"] == result["tracks"]
    assert unasked["warnings"] == []
    # The warning says which model answered, why, and who can change it
    told = result["warnings"][0]
    assert told.startswith(f"{FALLBACK_WARNING}spectral instead of muq, because muq has ")
    assert "owner of this server can add muq" in told
    assert " tracks: " not in told


@pytest.mark.parametrize("share", [0.5, 0.6, 1])
def test_a_model_that_is_ready_answers(call: Caller, share: float) -> None:
    with_muq(call, share)
    for asked in ({"models": ["muq"]}, {}):
        result = call.recommend(seeds=EARLY, limit=25, **asked)
        assert models(result) == {"muq"}
        assert result["warnings"] == []


def test_seeds_that_a_model_has_not_heard_count_as_well(call: Caller) -> None:
    with_muq(call, 0.6)
    late = call.recommend(seeds=LATE, models=["muq"], limit=5)
    assert models(late) == {"spectral"}
    assert "has none of the tracks that this list starts from" in late["warnings"][0]
    # One of four equal seeds is too little, one that weighs more than half is enough
    mixed = call.recommend(seeds=[*EARLY[:1], *LATE], models=["muq"], limit=5)
    assert models(mixed) == {"spectral"}
    assert "has too few" in mixed["warnings"][0]
    heavy = call.recommend(seeds=[EARLY[0] | {"weight": 3.1}, *LATE], models=["muq"], limit=5)
    assert models(heavy) == {"muq"}
    # Weights that are all 0 count as 1 each
    weightless = [seed | {"weight": 0} for seed in [*EARLY[:1], *LATE]]
    assert models(call.recommend(seeds=weightless, models=["muq"], limit=5)) == {"spectral"}


def test_of_several_asked_those_that_are_ready_answer(call: Caller) -> None:
    with_muq(call, 0.1)
    result = call.recommend(seeds=EARLY, models=["muq", "spectral", "qwen3"], limit=5)
    assert models(result) == {"spectral"}
    assert result["warnings"] == [
        "muq has embedded only 10 tracks so far (spectral: 100) and was left out",
        "qwen3 is not on this server and was left out",
    ]
    assert result["codes"] == ["model_left_out"] * 2
    both = call.recommend(seeds=EARLY, models=["mert", "qwen3"], limit=5)
    assert models(both) == {"spectral"}
    assert "mert has no vectors of this library yet; qwen3 is not on this server." in both["warnings"][0]
    assert both["warnings"][0].endswith("The owner of this server can add mert.")
    three = call.recommend(seeds=EARLY, models=["mert", "qwen3", "muq"], limit=5)["warnings"][0]
    assert "spectral instead of mert, qwen3 and muq, because " in three


def test_libraries_and_vanished_tracks_are_not_counted(call: Caller) -> None:
    # Given a model that knows one library only
    with_muq(call, 0.5)
    assert models(call.recommend(seeds=EARLY, models=["muq"], library_ids=[1])) == {"muq"}
    assert models(call.recommend(seeds=EARLY, models=["muq"], library_ids=[2])) == {"spectral"}
    # When most of what it knows is gone
    opened = call.service._opened
    assert opened is not None
    store = opened.store
    store.hide(frozenset(row.track_id for row in TRACKS[10:50]))
    assert models(call.recommend(seeds=EARLY, models=["muq"])) == {"spectral"}
    # When that goes for both
    store.hide(frozenset(row.track_id for row in TRACKS[10:]))
    assert models(call.recommend(seeds=EARLY, models=["muq"])) == {"muq"}


def test_a_text_counts_in_the_model_of_its_length(call: Caller) -> None:
    with_muq(call, 0.1)
    text = {"track_id": "text", "embedding": MUQ[5].tolist()}
    # Alone it can be read by that model only, asked for or not
    for asked in ({"models": ["muq"]}, {"models": ["spectral"]}, {}):
        result = call.recommend(seeds=[text], limit=5, **asked)
        assert models(result) == {"muq"}
    # Beside tracks that weigh more, another model answers, which cannot read it
    result = call.recommend(seeds=[text, *LATE], limit=5)
    assert models(result) == {"spectral"}
    assert any("1 text seeds had no effect" in warning for warning in result["warnings"])
    with pytest.raises(InvalidRequest) as error:
        call.recommend(seeds=[{"track_id": "text", "embedding": [1.0] * 7}])
    assert error.value.detail["field"] == "seeds.0.embedding"


def test_a_foreign_name_has_no_effect_and_a_typing_error_is_refused(call: Caller) -> None:
    with_muq(call, 0)
    foreign = {"model_priorities": {"qwen3": 1}, "negative_embeddings": {"qwen3": [[1.0, 2.0]]}}
    result = call.recommend(seeds=EARLY, models=["qwen3"], limit=5, **foreign)
    assert len(result["tracks"]) == 5
    assert result["warnings"][0].startswith(FALLBACK_WARNING)
    assert "owner" not in result["warnings"][0]
    assert len([warning for warning in result["warnings"] if "qwen3" in warning]) == 3
    assert result["codes"] == ["another_model", "negative_embeddings_unused", "priorities_unused"]
    for field in ({"models": ["muqq"]}, {"model_priorities": {"muqq": 1}}, {"negative_embeddings": {"muqq": [[1.0]]}}):
        with pytest.raises(InvalidRequest):
            call.recommend(seeds=EARLY, **field)


def test_only_where_no_model_can_answer_the_list_is_empty(call: Caller) -> None:
    with_muq(call, 0.1)
    result = call.recommend(seeds=[{"track_id": "nobody"}, {"track_id": "knows"}], models=["muq", "mert"])
    assert result["tracks"] == []
    assert result["warnings"] == [
        "model mert has no vectors yet: embed the library with it first",
        "2 of 2 seeds have no embedding in muq",
        "2 of 2 seeds have no embedding in spectral",
    ]
    assert result["codes"] == ["model_empty", "no_vector", "no_vector"]


def test_agreement_and_intersection_need_no_more_models_than_answer(call: Caller) -> None:
    with_muq(call, 0)
    plain = call.recommend(seeds=EARLY, limit=25)
    fields = {"merge_strategy": "intersection", "min_model_agreement": 2}
    result = call.recommend(seeds=EARLY, limit=25, models=["muq", "mert"], **fields)
    assert result["tracks"] == plain["tracks"]
    assert [w for w in result["warnings"] if "min_model_agreement 2 counts as 1" in w]


def test_a_decision_can_be_asked_for_and_handed_on(call: Caller) -> None:
    with_muq(call, 0.1)
    request: dict[str, Any] = {"seeds": EARLY, "models": ["muq"], "limit": 5}
    decided = call("models.select", request).result
    assert decided["models"] == ["spectral"]
    assert decided["tracks"] == {"muq": 10, "spectral": 100}
    # When the other model becomes ready meanwhile, the decision stands
    call.fill("muq", TRACKS, MUQ)
    answering = {"models": decided["models"], "warnings": decided["warnings"]}
    assert models(call.recommend(**request, answering=answering)) == {"spectral"}
    assert models(call.recommend(**request)) == {"muq"}
    # Without seeds only tracks count, among the models that are given
    assert call("models.select", {}).result["models"] == ["muq"]
    assert call("models.select", {"among": ["spectral", "mert"]}).result["models"] == ["spectral"]
    assert call("models.select", {"among": ["mert"]}).result["models"] == []


def test_a_path_needs_both_ends(call: Caller) -> None:
    with_muq(call, 0.6)

    def path(end: int) -> dict[str, Any]:
        return call("path", {"from_id": "t000000", "to_id": f"t{end:06}", "count": 5}).result

    for end in (40, 90):
        assert len(path(end)["tracks"]) == 5
    # muq knows the end 40, spectral alone the end 90: the similarities are each model's own
    assert path(40)["tracks"] != path(90)["tracks"]
    gone = path(1000)
    assert gone["tracks"] == []
    ((code, message),) = told(gone)
    assert code == "no_vector"
    assert "t001000" in message


def test_mixes_are_divided_by_a_model_that_knows_their_tracks(call: Caller) -> None:
    with_muq(call, 0.1)
    ids = [row.track_id for row in TRACKS[:40]]
    groups = call("interests", {"track_ids": ids, "most": 4}).result["groups"]
    assert sorted(map(len, groups)) == [10, 10, 10, 10]


@pytest.fixture
def preferring_mert(tmp_path: Path) -> Iterator[Caller]:
    service = SearchService(settings_in(tmp_path, default_model="mert"), SPACES)
    service.open()
    yield Caller(service)
    service.stop()


def test_the_configured_default_comes_first(preferring_mert: Caller) -> None:
    call = with_muq(preferring_mert, 1)
    assert models(call.recommend(seeds=EARLY)) == {"spectral"}  # enabled; the default has nothing yet
    call.fill("mert", TRACKS, clusters(10, 10, DIM["mert"], seed=9))
    assert models(call.recommend(seeds=EARLY)) == {"mert"}
