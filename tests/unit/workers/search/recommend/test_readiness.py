"""The rule of which models answer, without a store."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.search.recommend.selection import ModelCoverage, Preference, able, fallback, ready

ORDER = Preference(default=("muq", "spectral"), enabled=("spectral", "mert"))

coverages = st.lists(
    st.builds(
        ModelCoverage,
        model=st.sampled_from(["muq", "spectral", "mert", "latent", "other"]),
        tracks=st.integers(0, 20),
        seeds=st.integers(0, 5),
        weight=st.sampled_from([0.0, 0.1, 0.5, 1.0, 2.0]),
    ),
    max_size=5,
    unique_by=lambda coverage: coverage.model,
)


def held(model: str, tracks: int = 10, weight: float = 1.0, seeds: int = 1) -> ModelCoverage:
    return ModelCoverage(model, tracks, seeds, weight)


def names(found: list[ModelCoverage]) -> list[str]:
    return [coverage.model for coverage in found]


def test_a_model_can_answer_with_a_track_and_a_seed() -> None:
    found = [held("muq", tracks=0), held("mert", seeds=0), held("latent", weight=0.0), held("spectral")]
    assert names(able(found)) == ["latent", "spectral"]
    assert names(able(found, least_seeds=2)) == []


@pytest.mark.parametrize(
    ("tracks", "weight", "is_ready"), [(10, 1.0, True), (5, 0.5, True), (4, 1.0, False), (10, 0.49, False)]
)
def test_a_model_is_ready_unless_another_holds_more_than_twice_as_much(
    tracks: int, weight: float, is_ready: bool
) -> None:
    found = names(ready([held("spectral"), held("muq", tracks, weight)]))
    assert ("muq" in found) == is_ready


def test_weights_that_differ_by_rounding_alone_are_equal() -> None:
    assert len(ready([held("muq", weight=sum([0.1] * 3)), held("spectral", weight=0.6)])) == 2


def test_the_fallback_is_the_default_then_the_enabled_then_the_fullest() -> None:
    everything = [held("latent", 12), held("other", 16), held("mert"), held("spectral"), held("muq")]
    order = []
    while everything:
        chosen = fallback(everything, ORDER)
        assert chosen is not None
        order.append(chosen.model)
        everything.remove(chosen)
    assert order == ["muq", "spectral", "mert", "other", "latent"]
    assert fallback([], ORDER) is None


def test_where_none_is_ready_the_weight_of_the_seeds_decides_then_the_tracks() -> None:
    many_tracks, many_seeds = held("muq", tracks=30), held("mert", tracks=10, weight=3.0)
    assert ready([many_tracks, many_seeds]) == []
    assert fallback([many_tracks, many_seeds], ORDER) == many_seeds
    rival = held("latent", tracks=11, weight=3.0)
    assert fallback([many_tracks, many_seeds, rival], ORDER) == rival


@given(coverages)
def test_somebody_answers_wherever_somebody_can(found: list[ModelCoverage]) -> None:
    candidates = able(found)
    chosen = fallback(candidates, ORDER)
    assert (chosen is None) == (not candidates)
    if chosen is not None:
        assert chosen in candidates
        assert not ready(candidates) or chosen in ready(candidates)


@given(coverages, st.integers(1, 9))
def test_only_shares_count(found: list[ModelCoverage], factor: int) -> None:
    larger = [ModelCoverage(h.model, h.tracks * factor, h.seeds, h.weight * factor) for h in found]
    assert names(ready(able(larger))) == names(ready(able(found)))
