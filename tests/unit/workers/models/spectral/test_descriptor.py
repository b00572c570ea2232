"""What `spectral` hears must not depend on how the sound came in."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.harness.sounds import CALM, LIVELY, Signal, noise, piece
from workers.models.spectral import DIMENSION
from workers.models.spectral.descriptor import FEATURES, describe
from workers.models.spectral.frames import BLOCK_SAMPLES, CONTEXT, RATE
from workers.models.spectral.projection import Projection, constants


def vector(samples: Signal) -> Signal:
    features = describe([samples])
    assert features is not None
    return constants().vector(features)


def cosine(a: Signal, b: Signal) -> float:
    return float(vector(a) @ vector(b))


def test_a_vector_has_the_promised_shape_and_length() -> None:
    features = describe([piece(CALM)])
    assert features is not None
    assert {name: values.shape for name, values in features.items()} == {n: (d,) for n, d in FEATURES.items()}
    found = constants().vector(features)
    assert found.shape == (DIMENSION,)
    assert found.dtype == np.float32
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-5)


def test_the_same_sound_gives_the_same_bits() -> None:
    assert np.array_equal(vector(piece(CALM)), vector(piece(CALM)))


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 40 * RATE), min_size=1, max_size=12))
def test_a_stream_in_any_blocks_equals_the_whole(cuts: list[int]) -> None:
    # Given
    track = piece(LIVELY, seconds=26.0)
    whole = describe([track])
    # When
    streamed = describe(np.split(track, sorted(cut % len(track) for cut in cuts)))
    # Then
    assert whole is not None
    assert streamed is not None
    assert all(np.array_equal(whole[name], streamed[name]) for name in FEATURES)


@pytest.mark.parametrize(
    "length", [BLOCK_SAMPLES, BLOCK_SAMPLES + CONTEXT, BLOCK_SAMPLES + CONTEXT + 1, 2 * BLOCK_SAMPLES]
)
def test_lengths_at_the_edge_of_a_block_are_like_any_other(length: int) -> None:
    assert cosine(piece(CALM, seconds=24.0)[:length], piece(CALM, seconds=24.0)) > 0.97


@settings(max_examples=8, deadline=None)
@given(st.floats(-30, 10))
def test_level_does_not_count(gain_db: float) -> None:
    track = piece(CALM)
    assert cosine(track, track * np.float32(10 ** (gain_db / 20))) > 0.995


@pytest.mark.parametrize("seconds", [0.3, 5.0, 40.0])
def test_silence_before_the_music_does_not_count(seconds: float) -> None:
    track = piece(CALM)
    late = np.concatenate([np.zeros(int(seconds * RATE), np.float32), track])
    assert cosine(track, late) > 0.999


def test_silence_after_and_within_the_music_hardly_counts() -> None:
    track, gap = piece(CALM, seconds=30.0), np.zeros(RATE * 25, np.float32)
    assert cosine(track, np.concatenate([track, gap])) > 0.9
    assert cosine(track, np.concatenate([track, gap, track])) > 0.9


def test_half_of_a_track_is_like_the_whole() -> None:
    track = piece(LIVELY, seconds=60.0)
    assert cosine(track, track[: len(track) // 2]) > 0.97


def test_unlike_music_is_far_apart() -> None:
    calm, lively, other = piece(CALM, 0.8, decay=1.0), piece(LIVELY, 0.2, overtones=12), noise(25)
    near = cosine(calm, piece(CALM, 0.8, seconds=31.0, decay=1.2))
    assert near > 0.9
    assert near > cosine(calm, lively) + 0.3
    assert near > cosine(calm, other) + 0.3
    assert near > cosine(lively, other) + 0.3


@pytest.mark.parametrize("samples", [1, 100, RATE // 2, RATE - 1, RATE, RATE + 1])
def test_tiny_tracks_have_a_vector(samples: int) -> None:
    found = vector(piece(CALM)[1000 : 1000 + samples])
    assert np.isfinite(found).all()
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-5)


def test_half_a_second_is_heard_as_what_it_is() -> None:
    tone, hiss = piece(CALM, 0.8, decay=0.5), noise(20)
    assert cosine(tone[:12000], tone) > cosine(tone[:12000], hiss)


def test_silence_has_no_features() -> None:
    assert describe([np.zeros(RATE * 30, np.float32)]) is None
    assert describe([]) is None


@pytest.mark.parametrize("track", [np.full(RATE * 15, 0.5, np.float32), np.eye(1, RATE * 15, 9, dtype=np.float32)[0]])
def test_what_is_no_music_still_has_a_vector(track: Signal) -> None:
    assert np.isfinite(vector(track)).all()


def test_memory_does_not_grow_with_the_track() -> None:
    # Given half an hour that never exists as a whole
    block = piece(CALM, seconds=20.0)
    tracemalloc.start()
    # When
    assert describe(block for _ in range(90)) is not None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Then: less than a fiftieth of what its samples would take beyond the working space of a block
    assert peak < 60e6


def test_the_constants_are_those_of_this_version() -> None:
    found = constants()
    assert isinstance(found, Projection)
    assert found.turn.shape[1] == DIMENSION
    assert all(found.mean[name].shape == (length,) for name, length in FEATURES.items())
