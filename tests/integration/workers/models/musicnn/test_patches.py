"""Which patches of a track are analysed: evenly spaced, whatever its length, level and silences."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from workers.models.musicnn.layout import BANDS, FRAMES, Array
from workers.models.musicnn.listening import Listener
from workers.models.musicnn.mel import compressed, mel, spectra
from workers.models.musicnn.patches import MOST, Patches
from workers.models.musicnn.taggers import Taggers
from workers.models.spectral.frames import RATE

#: Samples of a patch at 24 kHz, without the half windows around it.
PATCH = FRAMES * 384


def music(seconds: float, seed: int = 0) -> Array:
    """[n] at 24 kHz: a chord that changes twice a second over hiss."""
    t = np.arange(round(seconds * RATE)) / RATE
    draws = np.random.default_rng(seed)
    steps = draws.integers(0, 24, int(2 * seconds) + 2)
    pitch = 110 * 2 ** (steps[(2 * t).astype(int)] / 12)
    wave = sum(np.sin(2 * np.pi * n * pitch * t) / n for n in (1, 2, 3))
    return np.asarray(0.1 * wave + 0.01 * draws.standard_normal(len(t)), np.float32)


def patches_of(samples: Array, step: int = 10_007) -> Array:
    """As a worker hears them: the samples come in pieces."""
    listener = Listener()
    for _ in listener.passing(samples[start : start + step] for start in range(0, len(samples), step)):
        pass
    found = listener.patches()
    assert found is not None
    return found


def cosine(first: Array, second: Array) -> float:
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))


def test_pieces_of_any_length_give_the_same() -> None:
    samples = music(40)

    whole = patches_of(samples, len(samples))

    for step in (1_000, 24_000, 100_003):
        np.testing.assert_array_equal(patches_of(samples, step), whole)


@pytest.mark.parametrize("seconds", [0.001, 0.4, 2.9, 3.1, 7.0])
def test_a_short_track_has_a_patch(seconds: float) -> None:
    found = patches_of(music(1)[: max(1, round(seconds * RATE))] if seconds < 1 else music(seconds))

    assert found.shape == (max(1, int(seconds / 3)), FRAMES, BANDS)
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    ("count", "kept"), [(MOST, MOST), (MOST + 1, MOST // 2 + 1), (2 * MOST, MOST), (5 * MOST, 5 * MOST // 8)]
)
def test_a_long_track_keeps_evenly_spaced_patches(count: int, kept: int) -> None:
    # Given a track whose patches rise in pitch, one after the other
    t = np.arange(PATCH * count + 768) / RATE
    number = np.minimum(np.arange(len(t)) // PATCH, count - 1)
    samples = np.asarray(0.1 * np.sin(2 * np.pi * np.cumsum(100 + 40 * number) / RATE), np.float32)
    # When
    found = patches_of(samples)
    # Then
    strongest = found.mean(axis=1).argmax(axis=1)
    every = -(-count // kept)
    assert len(found) == kept
    assert every in (1, 2, 4, 8)
    assert (np.diff(strongest) >= 0).all()


def test_level_does_not_count() -> None:
    samples = music(20)

    np.testing.assert_allclose(patches_of(samples * np.float32(0.25)), patches_of(samples), atol=2e-3)


def test_silence_before_does_not_count() -> None:
    samples = music(20)

    np.testing.assert_array_equal(patches_of(np.pad(samples, (5 * RATE, 0))), patches_of(samples))


def test_silence_inside_does_not_count(ear: Taggers) -> None:
    # Given a piece, and the same with twelve patches of silence in its middle
    samples = music(60)
    half = PATCH * 10
    broken = np.concatenate([samples[:half], np.zeros(PATCH * 12, np.float32), samples[half:]])
    # When
    plain, silent = patches_of(samples), patches_of(broken)
    # Then
    assert len(silent) == len(plain) + 1  # the one that the silence cuts in two
    assert cosine(ear(silent), ear(plain)) > 0.97


def test_a_stream_of_silence_has_no_patches() -> None:
    listener = Listener()

    assert list(listener.passing([np.zeros(RATE, np.float32)])) == []
    assert listener.patches() is None


def test_memory_does_not_grow_with_the_track() -> None:
    collected = Patches(RATE)
    piece = music(60)
    for _ in range(60):
        collected.add(piece)

    assert MOST // 2 <= len(collected.finish()) <= MOST


def test_frames_at_24_khz_are_those_at_16(ear: Taggers) -> None:
    """Nothing is resampled for the networks; what they hear is the same."""
    samples = music(12)
    at_16 = soxr.resample(samples, RATE, 16000).astype(np.float32)

    ours = patches_of(samples)

    padded = np.pad(at_16, 256, mode="reflect")
    frames = mel(spectra(padded, 16000))[: 4 * FRAMES]
    gain = 10 ** (-16 / 10) / np.mean(at_16[: 4 * FRAMES * 256] ** 2)
    theirs = compressed(frames.reshape(4, FRAMES, BANDS) * np.float32(gain))
    assert cosine(ear(ours), ear(theirs)) > 0.9999
