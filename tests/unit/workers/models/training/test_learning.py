"""Planted relations are found, noise is called noise, and nothing that is kept back is seen."""

from __future__ import annotations

from functools import cache

import numpy as np

from tests.harness.planted_captions import bag_of_words, library, vectors
from workers.models.training.folds import FOLDS, folds, sample
from workers.models.training.learning import Learned, TrainingData, learn
from workers.models.training.train import training_data


@cache
def planted(told: float) -> TrainingData:
    tracks = library()
    return training_data(tracks, vectors(tracks, told), bag_of_words)


@cache
def learned(told: float) -> Learned:
    return learn(planted(told), lambda *_: None)


def test_words_that_shape_vectors_are_learned() -> None:
    held_out = learned(0.6).held_out

    assert held_out.queries == held_out.tracks == 300
    assert abs(held_out.chance_at_ten - 10 / 300) < 1e-9
    assert held_out.at_ten > 5 * held_out.chance_at_ten
    assert held_out.styled > 0.6 > 5 * held_out.chance_styled


def test_vectors_that_have_nothing_to_do_with_words_are_found_by_chance() -> None:
    held_out = learned(0.0).held_out

    assert held_out.at_ten < 3 * held_out.chance_at_ten
    assert held_out.styled < 3 * held_out.chance_styled


def test_a_style_asked_for_in_other_words_order_brings_its_tracks() -> None:
    # Given the map of all tracks
    told = planted(0.6)
    query = learned(0.6).head(bag_of_words(["metal solemn"]))

    # When the nearest tracks are looked at
    nearest = np.argsort(-(told.vectors @ query[0]))[:5]

    # Then they are of that style
    assert {told.tracks[row].genres[0] for row in nearest} == {"Metal"}


def test_the_same_library_gives_the_same_map() -> None:
    again = learn(planted(0.6), lambda *_: None)

    assert np.array_equal(again.head.weight, learned(0.6).head.weight)
    assert np.array_equal(again.head.bias, learned(0.6).head.bias)


def test_a_common_mean_does_not_decide_the_answers() -> None:
    assert not learned(0.6).choice.keep_mean


def test_albums_stay_together_and_every_track_is_kept_back_once() -> None:
    tracks = library()

    parts = folds([t.id for t in tracks], [t.album_id for t in tracks])

    assert len(parts) == FOLDS
    assert sorted(np.concatenate(parts)) == list(range(300))
    albums = [{tracks[row].album_id for row in part} for part in parts]
    assert sum(len(part) for part in albums) == len(set.union(*albums))
    assert max(map(len, parts)) - min(map(len, parts)) <= 4


def test_few_albums_are_dealt_out_by_track() -> None:
    parts = folds([f"t{n}" for n in range(100)], ["one album"] * 100)

    assert [len(part) for part in parts] == [20] * FOLDS


def test_a_sample_does_not_depend_on_the_order() -> None:
    ids = [f"t{n}" for n in range(50)]

    chosen = {ids[row] for row in sample(ids, 7)}

    assert chosen == {ids[::-1][row] for row in sample(ids[::-1], 7)}
    assert len(chosen) == 7
