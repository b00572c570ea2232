"""Equal scores have a stable order: another order of writing or a restored backup makes the same lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from broker.vectors import Vectors
from contract.search import PathRequest, RecommendRequest, Row, Seed
from tests.harness.vectors import clusters, random_unit, rows
from workers.search.recommend.calibrator import SAMPLE
from workers.search.recommend.engine import Engine
from workers.search.recommend.path import PathFinder
from workers.search.settings import SearchSettings
from workers.search.spaces import Space
from workers.search.store.embedded import EmbeddedStore
from workers.search.store.rows import drawn, precedence

DIMENSION = 32
#: More rows than are drawn for a calibration, of many that are nearly or exactly as near as others.
CENTRES, EACH = 60, 25


def library() -> tuple[list[Row], Vectors]:
    """Tracks around centres, a third of them on the very same spot as another one."""
    vectors = clusters(CENTRES, EACH, DIMENSION, spread=0.9)
    vectors[2::3] = vectors[1::3][: len(vectors[2::3])]
    return rows(len(vectors), artists=400), vectors


def answers(folder: Path, tracks: Sequence[Row], vectors: Vectors, order: Sequence[int], asked: Sequence[str]) -> Any:
    """Lists and paths of a store that was written in that order."""
    settings = SearchSettings(SONICMESH_DATA=folder)
    store = EmbeddedStore(folder / "milvus.db")
    try:
        for start in range(0, len(order), 400):
            part = list(order[start : start + 400])
            store.upsert("spectral", [tracks[place] for place in part], vectors[part], DIMENSION)
        spaces = {"spectral": Space("spectral", "spectral", DIMENSION)}
        engine = Engine(store, spaces, settings)
        paths = PathFinder(store, engine.calibrator, spaces, engine.selector)
        lists = [
            engine.recommend(RecommendRequest(seeds=[Seed(track_id=i)], limit=25, diversity=diversity)).tracks
            for i in asked
            for diversity in (0.0, 0.5)
        ]
        return lists, [paths.answer(PathRequest(from_id=i, to_id=asked[0], count=12)) for i in asked[1:6]]
    finally:
        store.close()


def test_lists_do_not_depend_on_the_order_of_writing(tmp_path: Path) -> None:
    # Given a store, and one with the same rows written in the order of their ids, as a restore does it
    tracks, vectors = library()
    assert len(tracks) > SAMPLE
    order = np.random.default_rng(1).permutation(len(tracks)).tolist()
    asked = [tracks[place].track_id for place in order[:40]]
    # Then both give the same lists and paths, and the same scores to the last digit
    first, second = (
        answers(tmp_path / name, tracks, vectors, written, asked)
        for name, written in (("first", order), ("second", range(len(tracks))))
    )
    assert first == second


def test_what_is_drawn_depends_on_the_audio_not_on_place_or_id() -> None:
    # Given
    tracks = rows(300)
    renamed = [replace(track, track_id=f"new-{track.track_id}") for track in reversed(tracks)]
    # When
    chosen = [tracks[place].audio_id for place in drawn(tracks, 50, 0)]
    again = [renamed[place].audio_id for place in drawn(renamed, 50, 0)]
    # Then
    assert chosen == again
    assert len(set(chosen)) == 50
    assert chosen != [tracks[place].audio_id for place in drawn(tracks, 50, 1)]


def test_ids_that_change_change_no_order() -> None:
    """By audio, then by library and tags, last by id."""
    tracks = [replace(track, audio_id="" if n % 2 else track.audio_id) for n, track in enumerate(rows(40))]
    renamed = [replace(track, track_id=f"{-n:06}") for n, track in enumerate(tracks)]
    order = [track.title for track in sorted(tracks, key=precedence)]
    assert [track.title for track in sorted(renamed, key=precedence)] == order


def test_nearly_equal_scores_are_equal(tmp_path: Path) -> None:
    # Given two tracks that differ by less than a product rounds, the later one by its audio nearer by that much
    seed, side = random_unit(2, DIMENSION)
    near = np.stack([seed, seed + np.float32(0.3) * side, seed + np.float32(0.3 - 2e-8) * side])
    tracks = [replace(track, audio_id=audio) for track, audio in zip(rows(3), ("s", "a", "b"), strict=True)]
    vectors = np.concatenate([near, random_unit(50, DIMENSION, seed=3)]).astype(np.float32)
    # Then
    lists, _ = answers(tmp_path, [*tracks, *rows(50, start=10)], vectors, range(53), ["t000000"])
    assert [track.track_id for track in lists[0][:2]] == ["t000001", "t000002"]
