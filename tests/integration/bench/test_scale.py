"""The measures of the benchmark of large libraries, by planted numbers."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import demo
from bench.processes import cpu_seconds
from bench.report import Row
from bench.scale_job import Followed
from bench.scale_library import ScaleLibrary, track_path
from bench.scale_measures import Mark, Peaks, clock_of_tenths, cpu_of_tenths, folder_bytes
from bench.scale_model import ALBUM, SPECS, Planted
from bench.scale_rows import job_rows, size_rows
from bench.scale_stages import measure as measure_stages
from bench.scale_stages import stage_rows
from workers.audio.identity import audio_id
from workers.library.navidrome.database import NavidromeDatabase
from workers.models.registry import BUILT_IN

#: A library of 10,000 tracks: a job that is looked at every 100 tracks.
LOOKS = range(0, 10_001, 100)


def marks(growth: float) -> list[Mark]:
    """A track costs 2 s by the clock, and the search worker 1 s that grows by `growth` per track."""
    return [Mark(done, 50.0 + 2.0 * done, {"search": 7.0 + done + growth * done**2 / 2}) for done in LOOKS]


def test_tenths_tell_what_a_track_cost() -> None:
    # When
    clock, cpu = clock_of_tenths(marks(0.0)), cpu_of_tenths(marks(0.001), "search")
    # Then
    assert clock == pytest.approx({"first": 2.0, "middle": 2.0, "last": 2.0})
    assert cpu == pytest.approx({"first": 1.5, "middle": 6.0, "last": 10.5})


def test_time_before_the_first_track_and_after_the_last_does_not_count() -> None:
    # Given a job that is planned for a while, and is looked at after its end
    seen = [Mark(0, 0.0, {}), *marks(0.0), Mark(10_000, 99_999.0, {})]
    # Then
    assert clock_of_tenths(seen) == pytest.approx({"first": 2.0, "middle": 2.0, "last": 2.0})


@pytest.mark.parametrize(("growth", "met"), [(0.0, True), (0.001, False)])
def test_a_cost_that_grows_misses_the_goal(growth: float, met: bool) -> None:
    rows = {row.name: row for row in job_rows(Followed(marks={"m": marks(growth)}), ["m"])}
    assert rows["m: time per track, last / first tenth"].met is True
    assert rows["m: CPU per track, last / first tenth"].met is met
    assert rows["m: first tenth"].value == pytest.approx(0.5)


def test_memory_and_time_of_a_process_are_read() -> None:
    peaks, before = Peaks(), cpu_seconds(os.getpid())
    while cpu_seconds(os.getpid()) == before:  # a hundredth of a second of work
        sum(range(10_000))
    peaks.look({"me": os.getpid(), "gone": 2**22 + 1})
    assert peaks.resident["me"] >= peaks.proportional["me"] > 1_000_000
    assert peaks.resident["gone"] == cpu_seconds(2**22 + 1) == 0


def test_sizes_are_told_apart_by_collection(tmp_path: Path) -> None:
    for name, size in {
        "state.db": 4000,
        "a/m1_embedding__x/v": 1000,
        "b/m1_embedding__x/w": 500,
        "a/m2_embedding": 9,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(bytes(size))
    state, store = size_rows(tmp_path, ["m1"], 1000)
    assert (state.value, store.value) == (0.004, 0.0015)
    assert folder_bytes(tmp_path / "nothing") == 0


def test_the_library_is_navidromes(tmp_path: Path) -> None:
    # Given
    library = ScaleLibrary(tmp_path)
    library.add(30)
    database = NavidromeDatabase(library.database)
    signature = database.signature()
    # When more come later, in the middle of an album
    more = library.add(10)
    # Then
    snapshot = database.snapshot()
    assert len({track.id for track in snapshot.tracks}) == 40
    assert set(more) < {track.id for track in snapshot.tracks}
    assert database.signature() != signature
    files = [Path(snapshot.libraries[0].path) / track_path(number) for number in range(40)]
    assert len({audio_id(path) for path in files}) == 40


def test_vectors_are_the_same_again_and_albums_sound_alike() -> None:
    planted = Planted(97)
    vectors = np.stack([planted.vector(number) for number in range(20 * ALBUM)])
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(Planted(97).vector(5), vectors[5])
    cosine = vectors @ vectors.T
    albums = np.arange(len(vectors)) // ALBUM
    same = albums[:, None] == albums[None]
    assert cosine[same].mean() > 0.5 > abs(cosine[~same].mean()) + 0.3


def test_its_models_may_stand_beside_ours() -> None:
    known = [*BUILT_IN, *SPECS.values()]
    for field in ("name", "dimension", "collection"):
        assert len({getattr(spec, field) for spec in known}) == len(known)


def values(rows: list[Row]) -> dict[str, float]:
    return {row.name: row.value for row in rows}


def test_stages_of_real_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    # When
    folder = tmp_path_factory.mktemp("s")
    library = demo.build_small(folder / "demo", 6)
    rows = values(measure_stages(folder / "mesh", library.database))
    # Then
    for stage in ("read", "decode", "queue", "compute", "store"):
        assert rows[f"{stage}, mean of 6 tracks"] >= 0
    assert rows["compute, mean of 6 tracks"] > 0


def test_the_slowest_tracks_are_named() -> None:
    rows = values(stage_rows({"A - quick": {"read": 0.5, "compute": 1.0}, "B - slow": {"read": 0.1, "compute": 3.0}}))
    assert rows["read, most (A - quick)"] == 0.5
    assert rows["compute, mean of 2 tracks"] == 2.0
    assert next(name for name in rows if name.startswith("all stages")) == "all stages: B - slow"
