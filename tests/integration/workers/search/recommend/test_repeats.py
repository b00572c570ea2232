"""No song twice, through the operations: beside a seed, in a continued list, and in one that no search made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from broker.vectors import Vectors
from contract.search import Row
from tests.harness.vectors import random_unit, rows
from tests.integration.workers.search.conftest import DIM, Caller
from workers.search.recommend.ranking.similarity import scale_of_pairs

COUNT = 40
#: Numbers of the rows: a song, the same recording under other names, a live version, and something else as alike.
SONG, COPY, ENCODED, LIVE, OTHER = 0, 1, 2, 3, 4


def near(vector: Vectors, cosine: float, seed: int) -> Vectors:
    """A unit vector of that cosine to `vector` [dim]."""
    side = random_unit(1, len(vector), seed)[0]
    side -= (side @ vector) * vector
    side /= np.linalg.norm(side)
    found: Vectors = (cosine * vector + np.sqrt(1 - cosine**2) * side).astype(np.float32)
    return found


def collection(dimension: int) -> tuple[list[Row], Vectors]:
    vectors = random_unit(COUNT, dimension, seed=7)
    for number, cosine in ((COPY, 0.9995), (ENCODED, 0.96), (LIVE, 0.5), (OTHER, 0.97)):
        vectors[number] = near(vectors[SONG], cosine, seed=100 + number)
    tracks = rows(COUNT)
    song = replace(tracks[SONG], title="Harbour Song", artist="Ferry Line", artist_id="ferry")
    tracks[SONG] = song
    tracks[COPY] = replace(song, track_id="t000001", audio_id="1", title="Hafenlied", artist="F. L.", artist_id="fl")
    tracks[ENCODED] = replace(song, track_id="t000002", audio_id="2", title="03 HARBOUR SONG", artist="The Ferry Line")
    live = "Harbour Song (en vivo)"
    tracks[LIVE] = replace(song, track_id="t000003", audio_id="3", title=live, duration=song.duration + 30)
    return tracks, vectors


@pytest.fixture
def library(call: Caller) -> Caller:
    for model in ("muq", "spectral"):
        tracks, vectors = collection(DIM[model])
        call.fill(model, tracks, vectors)
        assert float(scale_of_pairs(vectors)(vectors[[SONG]] @ vectors[LIVE])[0]) > 0
    return call


def listed(call: Caller, *seeds: int, **asked: Any) -> list[int]:
    given = [{"track_id": f"t{number:06}"} for number in seeds]
    found = call.recommend(seeds=given, limit=COUNT, **asked)["tracks"]
    return [int(track["track_id"][1:]) for track in found]


@pytest.mark.parametrize("models", [["spectral"], ["muq", "spectral"]])
def test_neither_a_seeds_copies_nor_its_versions_come_back(library: Caller, models: list[str]) -> None:
    found = listed(library, SONG, models=models)
    assert not {SONG, COPY, ENCODED, LIVE} & set(found)
    # But what sounds much alike, is of another length and name, is the first
    assert found[0] == OTHER
    assert len(found) == COUNT - 4


@pytest.mark.parametrize("diversity", [0.0, 0.6])
def test_one_of_them_is_in_the_list_of_another_seed(library: Caller, diversity: float) -> None:
    found = listed(library, 20, models=["spectral"], diversity=diversity)
    assert len({SONG, COPY, ENCODED, LIVE} & set(found)) == 1
    assert OTHER in found


def test_what_is_left_out_or_disliked_does_not_come_as_another_file(library: Caller) -> None:
    for field in ("exclude_track_ids", "disliked_track_ids"):
        found = listed(library, 20, models=["spectral"], **{field: ["t000000"]})
        # Then a version may come: another recording is what was not asked about
        assert {SONG, COPY, ENCODED, LIVE} & set(found) == {LIVE}


def test_a_list_that_goes_on_has_no_song_again(library: Caller) -> None:
    assert not {SONG, COPY, ENCODED, LIVE} & set(listed(library, 20, listed_track_ids=["t000000"], models=["spectral"]))


def test_copies_of_many_seeds_do_not_crowd_out_the_rest(call: Caller) -> None:
    # Given more copies of seeds than a list is chosen from, all nearer than anything else
    seeds, copies, others = 30, 20, 50
    vectors = random_unit(seeds, DIM["muq"])
    again = np.concatenate(
        [[near(vector, 0.9999, n * 50 + k) for k in range(copies)] for n, vector in enumerate(vectors)]
    )
    tracks = rows(seeds + others)
    repeated = [
        replace(tracks[n], track_id=f"t{1000 + n * copies + k:06}", audio_id=f"{n}-{k}")
        for n in range(seeds)
        for k in range(copies)
    ]
    call.fill("muq", [*tracks, *repeated], np.concatenate([vectors, random_unit(others, DIM["muq"], seed=5), again]))
    # Then
    found = listed(call, *range(seeds), models=["muq"])
    assert sorted(found) == sorted(set(found) & set(range(seeds, seeds + others)))
    assert len(found) == COUNT


def test_distinct_leaves_the_first_of_each_song(library: Caller) -> None:
    asked = ["t000003", "t000000", "unknown", "t000020", "t000001", "t000004", "t000020"]
    answer = library("distinct", {"track_ids": asked}).result
    assert answer == {"track_ids": ["t000003", "unknown", "t000020", "t000004"]}
    assert library("distinct", {"track_ids": []}).result == {"track_ids": []}


def test_distinct_without_any_vector(call: Caller) -> None:
    assert call("distinct", {"track_ids": ["a", "b", "a"]}).result == {"track_ids": ["a", "b"]}
