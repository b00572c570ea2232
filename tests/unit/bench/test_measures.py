"""The measures against worked examples and brute force."""

from __future__ import annotations

import numpy as np
import pytest

from bench.measures import hubness, nearest, overlap, retrieval, same, similarities, within_album


def test_precision_is_normalised_by_what_can_be_found() -> None:
    # Given four tracks on a line of angles: two of album a beside each other, two of b further on
    angles = np.array([0.0, 0.1, 1.0, 1.3])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    similarity = similarities(vectors, vectors)
    own = np.eye(4, dtype=bool)
    # When
    score = retrieval(similarity, same(["a", "a", "b", "b"]), own, k=1)
    wide = retrieval(similarity, same(["a", "a", "b", "b"]), own, k=3)
    lonely = retrieval(similarity, same(["a", "a", "b", ""]), own, k=1)
    # Then
    assert score.precision == score.ndcg == 1.0
    assert wide.precision == 1.0
    assert np.isnan(lonely.each).tolist() == [False, False, True, True]
    assert lonely.precision == 1.0


def test_precision_and_ndcg_agree_with_counting() -> None:
    # Given
    rng = np.random.default_rng(3)
    vectors = rng.standard_normal((40, 5))
    labels = rng.integers(0, 4, 40).astype(str).tolist()
    similarity = similarities(vectors, vectors)
    # When
    score = retrieval(similarity, same(labels), np.eye(40, dtype=bool), k=10)
    # Then
    precisions, gains = [], []
    for query in range(40):
        first = [n for n in np.argsort(-similarity[query]) if n != query][:10]
        hits = [labels[n] == labels[query] for n in first]
        ideal = min(10, labels.count(labels[query]) - 1)
        precisions.append(sum(hits) / ideal)
        best = sum(1 / np.log2(rank + 2) for rank in range(ideal))
        gains.append(sum(hit / np.log2(rank + 2) for rank, hit in enumerate(hits)) / best)
    assert score.precision == pytest.approx(np.mean(precisions))
    assert score.ndcg == pytest.approx(np.mean(gains))
    assert score.error == pytest.approx(np.std(precisions, ddof=1) / np.sqrt(40))


def test_excluded_tracks_are_no_candidates() -> None:
    similarity = np.array([[1.0, 0.9, 0.2], [0.9, 1.0, 0.1], [0.2, 0.1, 1.0]])
    excluded = np.eye(3, dtype=bool)
    excluded[0, 1] = True
    assert nearest(similarity, excluded, 1).ravel().tolist() == [2, 0, 0]
    assert retrieval(similarity, same(["a", "a", ""]), excluded, 1).each[1] == 1.0
    assert np.isnan(retrieval(similarity, same(["a", "a", ""]), excluded, 1).each[0])


def test_within_album_is_the_chance_of_the_composer_being_nearer() -> None:
    # Given one album of two composers, and a track of another album that must not count
    similarity = np.array([[1, 0.8, 0.5, 0.9], [0.8, 1, 0.8, 0.9], [0.5, 0.8, 1, 0.9], [0.9, 0.9, 0.9, 1]])
    albums, composers = ["x", "x", "x", "y"], ["a", "a", "b", "a"]
    # Then: right for the first, a tie for the second
    assert within_album(similarity, albums, composers, list("pqrs")) == pytest.approx(0.75)
    assert np.isnan(within_album(similarity, albums, composers, ["p", "p", "r", "s"]))


def test_hubs_show_as_skew() -> None:
    even = np.array([[1], [2], [3], [0]])
    hub = np.array([[3], [3], [3], [0]])
    assert hubness(even, 4).skew == 0.0
    assert hubness(even, 4).never == 0.0
    assert hubness(hub, 4).skew > 0.5
    assert hubness(hub, 4).never == 0.5
    assert hubness(hub, 4).largest == 3


def test_overlap_is_the_share_that_stays() -> None:
    assert overlap(np.array([[1, 2], [3, 4]]), np.array([[2, 1], [3, 9]])) == 0.75
