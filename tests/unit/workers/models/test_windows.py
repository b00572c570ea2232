"""Window starts for awkward lengths."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.harness.places import SHARED
from workers.models.windows import window_starts

GOLDEN = SHARED / "golden" / "windows.json"
RATE = 24_000
#: Window and hop in seconds.
RULES = {"muq": (120, 15), "mert": (30, 5)}


@pytest.mark.parametrize(
    ("samples", "starts"),
    [
        (1, [0]),
        (2_880_000, [0]),
        (2_880_001, [0, 1]),
        (3_240_000, [0, 360_000]),
        (3_240_001, [0, 360_000, 360_001]),
        (4_812_345, [0, 360_000, 720_000, 1_080_000, 1_440_000, 1_800_000, 1_932_345]),
    ],
)
def test_known_starts(samples: int, starts: list[int]) -> None:
    assert window_starts(samples, 120 * RATE, 15 * RATE) == starts


@pytest.mark.skipif(not GOLDEN.exists(), reason="the shared goldens are not here")
@pytest.mark.parametrize("model", RULES)
def test_golden_starts(model: str) -> None:
    window, hop = RULES[model]
    for samples, starts in json.loads(GOLDEN.read_text())[model].items():
        assert window_starts(int(samples), window * RATE, hop * RATE) == starts, samples


@given(st.integers(1, 5000), st.integers(1, 500), st.integers(1, 500))
def test_windows_cover_the_whole_track_where_they_are_as_long_as_the_hop(samples: int, window: int, hop: int) -> None:
    starts = window_starts(samples, window, hop)
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert starts[-1] == max(samples - window, 0)
    assert all(later - earlier <= hop for earlier, later in itertools.pairwise(starts))


@pytest.mark.parametrize("counts", [(0, 10, 5), (10, 0, 5), (10, 10, 0)])
def test_nothing_is_an_error(counts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="positive"):
        window_starts(*counts)
