from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.vectors import Vectors
from contract.search import Row
from tests.harness.vectors import clusters, random_unit, rows
from workers.search.recommend.ranking.select import ARTIST_LEAST, Pool, select
from workers.search.recommend.ranking.similarity import Scores, scale_of_pairs
from workers.search.recommend.ranking.versions import Positions, identity_of


def pool_of(vectors: Vectors, scores: Scores, tracks: list[Row], tiers: list[int] | None = None) -> Pool:
    scale = scale_of_pairs(vectors)
    similarity = scale(vectors @ vectors.T)
    levels = np.array(tiers if tiers is not None else [0] * len(tracks), np.int64)
    cosines = vectors @ vectors.T

    def hear(some: Positions, others: Positions) -> tuple[Scores, Scores]:
        return similarity[some, others], cosines[some, others]

    return Pool(scores, levels, identity_of(tracks), lambda one: similarity[one], hear)


def spread(vectors: Vectors, chosen: list[int]) -> float:
    """Mean cosine distance within the list."""
    cosines = vectors[chosen] @ vectors[chosen].T
    return float(1 - cosines[np.triu_indices(len(chosen), 1)].mean())


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(0, 50), st.floats(0, 1), st.integers(0, 99))
def test_a_list_has_no_repeats_and_is_as_long_as_it_can_be(count: int, limit: int, diversity: float, seed: int) -> None:
    vectors = random_unit(count, 8, seed)
    scores = np.random.default_rng(seed).random(count).astype(np.float32)
    chosen = select(pool_of(vectors, scores, rows(count)), limit, diversity)
    assert len(chosen) == len(set(chosen)) == min(count, limit)


@settings(deadline=None)
@given(st.integers(2, 30), st.integers(0, 99))
def test_without_diversity_the_best_come_first(count: int, seed: int) -> None:
    scores = np.random.default_rng(seed).random(count).astype(np.float32)
    chosen = select(pool_of(random_unit(count, 8, seed), scores, rows(count)), count, 0.0)
    assert scores[chosen].tolist() == sorted(scores.tolist(), reverse=True)


@settings(deadline=None)
@given(st.integers(1, 30), st.floats(0, 1), st.integers(0, 99))
def test_the_best_of_all_is_always_first(count: int, diversity: float, seed: int) -> None:
    scores = np.random.default_rng(seed).random(count).astype(np.float32)
    assert select(pool_of(random_unit(count, 8, seed), scores, rows(count)), 1, diversity) == [int(scores.argmax())]


def test_diversity_spreads_the_list_more_and_more() -> None:
    # Given candidates around several centres and a seed near one of them, in eight libraries
    mean_spread = []
    for diversity in (0.0, 0.25, 0.5, 0.75, 1.0):
        spreads = []
        for seed in range(8):
            vectors = clusters(6, 15, 32, spread=0.6, seed=seed)
            scores = scale_of_pairs(vectors)(vectors @ vectors[0])
            spreads.append(spread(vectors, select(pool_of(vectors, scores, rows(90)), 15, diversity)))
        mean_spread.append(float(np.mean(spreads)))
    # Then each step of the parameter lengthens the distances within the list
    assert mean_spread == sorted(mean_spread)
    assert mean_spread[-1] > 1.3 * mean_spread[0]


def test_lower_tiers_come_first() -> None:
    scores = np.array([0.9, 0.1, 0.8, 0.2], np.float32)
    assert select(pool_of(random_unit(4, 16), scores, rows(4), [1, 0, 1, 0]), 3) == [3, 1, 0]


def test_an_artist_does_not_fill_the_list_unless_much_better() -> None:
    tracks, vectors = rows(20), random_unit(20, 32)
    tracks[:10] = [replace(track, artist_id="one") for track in tracks[:10]]
    scores = np.linspace(0.9, 0.7, 20, dtype=np.float32)
    chosen = select(pool_of(vectors, scores, tracks), 10)
    assert chosen[:ARTIST_LEAST] == [0, 1]
    assert sum(one < 10 for one in chosen) <= 3
    far_better = np.where(np.arange(20) < 10, 0.9, 0.05).astype(np.float32)
    assert sorted(select(pool_of(vectors, far_better, tracks), 8)) == list(range(8))


def test_no_song_comes_twice() -> None:
    tracks, vectors = rows(4), random_unit(4, 16)
    tracks[1] = replace(tracks[1], audio_id=tracks[0].audio_id)
    tracks[3] = replace(tracks[2], track_id="remaster", audio_id="other", title=f"{tracks[2].title} (Remastered)")
    vectors[3] = vectors[2]
    chosen = select(pool_of(vectors, np.array([0.9, 0.8, 0.7, 0.6], np.float32), tracks), 4)
    assert chosen == [0, 2]
