"""The lists of bench.quality: its measures by hand, and what the setting `diversity` does to real lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.corpus import Track
from bench.quality_lists import DIVERSITIES, LENGTH, intra_list_distance, list_rows, precision
from tests.harness.vectors import clusters

ALBUMS, PER_ALBUM = 6, 12


@pytest.fixture(scope="module")
def figures() -> dict[str, float]:
    """Figures of six albums of twelve tracks each, every album a cluster and an artist."""
    tracks = [
        Track(
            f"t{n}",
            Path(f"{n}.ogg"),
            album=f"album {n // PER_ALBUM}",
            composer=f"artist {n // PER_ALBUM}",
            title=f"{n}",
        )
        for n in range(ALBUMS * PER_ALBUM)
    ]
    return {row.name: row.value for row in list_rows(tracks, clusters(ALBUMS, PER_ALBUM, 32, spread=1.0))}


def test_precision_counts_what_could_be_found() -> None:
    # Given three tracks of one label (0 to 2) and one without company
    relevant = np.zeros((4, 4), dtype=bool)
    relevant[:3, :3] = True
    lists = [np.array([1, 3]), np.array([0, 2]), np.array([3]), np.array([0])]
    # Then: one of two, two of two, none of two; the last does not count
    assert precision(lists, relevant) == pytest.approx((0.5 + 1.0 + 0.0) / 3)


def test_distance_within_a_list_is_the_mean_over_its_pairs() -> None:
    similarity = np.array([[1, 0.5, 0.2], [0.5, 1, 0.8], [0.2, 0.8, 1]])
    lists = [np.array([0, 1, 2]), np.array([1])]  # a list of one has no pairs
    assert intra_list_distance(lists, similarity) == pytest.approx(1 - (0.5 + 0.2 + 0.8) / 3)


def test_the_nearest_tracks_are_of_the_seeds_cluster(figures: dict[str, float]) -> None:
    assert figures["diversity 0: of the seed's album"] > 0.4  # each further track of one artist counts less
    assert figures["diversity 0: similarity to the seed"] > figures["diversity 1: similarity to the seed"]


def test_lists_grow_apart_with_the_setting(figures: dict[str, float]) -> None:
    distances = [figures[f"diversity {setting:g}: distance within the list"] for setting in DIVERSITIES]
    assert distances == sorted(distances)
    assert distances[0] < distances[-1]
    assert figures["diversity 1: artists in the list"] <= LENGTH
