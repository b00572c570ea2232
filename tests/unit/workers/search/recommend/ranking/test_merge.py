from __future__ import annotations

from typing import get_args

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from contract.search import MergeStrategy
from workers.search.recommend.ranking.merge import merge

NAN = float("nan")
tables = arrays(
    np.float32,
    st.tuples(st.integers(0, 8), st.integers(1, 4)),
    elements=st.one_of(st.just(NAN), st.floats(0, 1, width=32)),
)


@given(tables, st.sampled_from(get_args(MergeStrategy)), st.integers(1, 4))
def test_agreement_holds_in_every_strategy(scores: np.ndarray, strategy: str, agreement: int) -> None:
    merged = merge(scores, strategy, agreement)  # type: ignore[arg-type]  # sampled from the literals
    found = (~np.isnan(scores)).sum(axis=1)
    assert (found[merged.kept] >= agreement).all()
    assert not merged.kept[found == 0].any()
    assert np.isfinite(merged.scores).all()
    assert ((merged.scores >= 0) & (merged.scores <= 1)).all()


@given(tables)
def test_intersection_is_the_part_of_the_union_that_all_found(scores: np.ndarray) -> None:
    union, intersection = merge(scores, "union"), merge(scores, "intersection")
    assert not (intersection.kept & ~union.kept).any()
    assert np.array_equal(intersection.kept, ~np.isnan(scores).any(axis=1))
    assert np.array_equal(union.scores, intersection.scores)


def test_union_is_the_mean_over_the_models_that_found_it() -> None:
    merged = merge(np.array([[0.8, NAN], [0.6, 0.8], [NAN, NAN]], np.float32), "union")
    assert np.allclose(merged.scores[:2], [0.8, 0.7])
    assert merged.kept.tolist() == [True, True, False]
    assert set(merged.tiers) == {0}


def test_union_is_ordered_by_agreement_where_asked() -> None:
    scores = np.array([[0.9, 0.9, NAN], [0.5, 0.5, 0.5], [0.9, NAN, NAN]], np.float32)
    merged = merge(scores, "union", agreement=2)
    assert merged.kept.tolist() == [True, True, False]
    assert merged.tiers[1] < merged.tiers[0]


def test_priority_is_the_intersection_then_the_first_model() -> None:
    scores = np.array([[0.2, 0.2], [0.9, NAN], [NAN, 0.9]], np.float32)
    merged = merge(scores, "priority", priorities=[2, 1])
    assert merged.kept.tolist() == [True, False, True]
    assert merged.tiers[0] < merged.tiers[2]
    assert merge(scores, "priority", priorities=[1, 2]).kept.tolist() == [True, True, False]
