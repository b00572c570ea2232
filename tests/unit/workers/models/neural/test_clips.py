"""Clips cut from a stream equal those of the whole track's windows, each once, whatever the block size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.models.neural import growing
from workers.models.neural.clips import ClipCutter, ClipVectors, Windowing
from workers.models.neural.growing import GrowingRows
from workers.models.windows import window_starts

WINDOWING = Windowing(window=24, hop=3, clip=2)


def blocks_of(track: np.ndarray, sizes: list[int]) -> list[np.ndarray]:
    """The track in blocks of these sizes, over and over."""
    blocks: list[np.ndarray] = []
    first = 0
    while first < len(track):
        size = sizes[len(blocks) % len(sizes)]
        blocks.append(track[first : first + size])
        first += size
    return blocks


@given(
    samples=st.integers(1, 400),
    sizes=st.lists(st.integers(1, 90), min_size=1, max_size=5),
    shape=st.sampled_from([(24, 3, 2), (24, 5, 24), (12, 12, 4), (10, 1, 5), (8, 20, 8)]),
)
def test_clips_are_those_of_the_whole_track(samples: int, sizes: list[int], shape: tuple[int, int, int]) -> None:
    # Given a track in blocks of any size
    windowing = Windowing(*shape)
    track = np.arange(1, samples + 1, dtype=np.float32)
    cutter = ClipCutter(blocks_of(track, sizes), windowing)

    # When it is cut
    clips = list(cutter)

    # Then each window's clips exist once, with the samples of the track, or zeros after its end
    padded = np.pad(track, (0, max(windowing.window - samples, 0)))
    starts = window_starts(samples, windowing.window, windowing.hop)
    wanted = {start for window in starts for start in windowing.clip_starts(window)}
    assert cutter.starts == starts
    assert sorted(start for start, _ in clips) == sorted(wanted)
    for start, samples_of_clip in clips:
        np.testing.assert_array_equal(samples_of_clip, padded[start : start + windowing.clip])


def test_an_empty_stream_has_no_windows() -> None:
    cutter = ClipCutter([], WINDOWING)

    assert list(cutter) == []
    assert cutter.starts == []


def test_a_clip_stays_as_it_was_cut() -> None:
    """The cutter reuses its buffer; clips that wait for their batch must not change with it."""
    track = np.arange(1, 1001, dtype=np.float32)
    clips = list(ClipCutter([track], WINDOWING))

    assert all(clip[0] == start + 1 for start, clip in clips)


def test_memory_does_not_grow_with_the_track() -> None:
    cutter = ClipCutter((np.ones(1000, np.float32) for _ in range(500)), WINDOWING)

    count = sum(1 for _ in cutter)

    assert count > 100_000
    assert len(cutter._held) == 2 * WINDOWING.window


def test_windows_are_means_of_their_clips() -> None:
    vectors = ClipVectors()
    for start in range(0, 40, 1):
        vectors.put(start, np.array([start, 1], np.float32))

    windows = vectors.windows([0, 3], Windowing(window=6, hop=3, clip=2))

    np.testing.assert_allclose(windows, [[2, 5], [1, 1]])


@pytest.mark.parametrize("shape", [(10, 5, 3), (0, 1, 1), (4, 0, 2)])
def test_a_window_is_whole_clips(shape: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="whole clips"):
        Windowing(*shape)


def test_rows_grow_over_blocks_and_stay_what_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "BLOCK_BYTES", 4 * 3 * 5)
    rows = GrowingRows()
    row = np.zeros(3, np.float32)

    for number in range(12):
        row[:] = number
        rows.append(row)

    assert len(rows) == 12
    np.testing.assert_array_equal(rows.array()[:, 0], np.arange(12))
    np.testing.assert_array_equal(rows[7], [7, 7, 7])
