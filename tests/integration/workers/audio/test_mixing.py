"""Many channels are mixed to few: by plain mean, unless they cancel each other out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.harness.audio_files import RATE, Signal, tone, write
from workers.audio.decode import load
from workers.audio.mixing import ChannelMixer, mix

LEFT, RIGHT, CENTRE, LFE, BACK_LEFT, BACK_RIGHT = range(6)


def noise(channels: int, seed: int = 0, seconds: float = 3.0) -> Signal:
    return np.random.default_rng(seed).uniform(-0.3, 0.3, (int(seconds * RATE), channels)).astype(np.float32)


def alike(one: Signal, other: Signal) -> float:
    """Correlation, 0..1, whatever the sign."""
    return abs(float(np.corrcoef(one.ravel(), other.ravel())[0, 1]))


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("have", [1, 2, 3, 4, 5, 6, 7, 8, 11])
def test_channels_that_do_not_cancel_are_mixed_plainly(have: int, channels: int) -> None:
    apart = noise(have)
    one = np.repeat(noise(1), have, axis=1)
    alone = np.zeros_like(apart)
    alone[:, 0] = noise(1)[:, 0]
    for samples in (apart, one, apart + one, alone, np.zeros_like(apart)):
        mixer = ChannelMixer(channels)
        for block in np.array_split(samples, 5):
            assert np.array_equal(mixer.mix(block, RATE), mix(block, channels))


@pytest.mark.parametrize("level", [0.0, 0.1, 0.4])
@pytest.mark.parametrize("right", [-1.0, -0.6, -0.2])
def test_a_channel_that_is_turned_round(right: float, level: float) -> None:
    """Music out of phase stays as loud as music in phase."""
    turned, straight = noise(1, 1), level * noise(1, 2)
    samples = np.concatenate([turned + straight, right * turned + straight], axis=1)
    mixed = ChannelMixer(1).mix(samples, RATE)
    plain = mix(samples, 1)
    if np.mean(plain**2) * 4 >= np.mean(samples**2, axis=0).max():  # less than 6 dB are lost
        assert np.array_equal(mixed, plain)
    else:
        assert alike(mixed, turned + straight) > 0.99


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("pairs", [((LEFT, RIGHT),), ((LEFT, BACK_LEFT),), ((LEFT, RIGHT), (BACK_LEFT, BACK_RIGHT))])
def test_pairs_of_surround_that_are_turned_round(pairs: tuple[tuple[int, int], ...], channels: int) -> None:
    samples = np.zeros((3 * RATE, 6), np.float32)
    for seed, (one, other) in enumerate(pairs):
        samples[:, one] += noise(1, seed)[:, 0]
        samples[:, other] -= noise(1, seed)[:, 0]
    heard = ChannelMixer(channels).mix(samples, RATE)[:, 0]
    for seed in range(len(pairs)):
        assert alike(heard, noise(1, seed)) > 0.5


def test_from_one_mix_to_the_other_without_a_click() -> None:
    # Given a song whose second half is out of phase, and whose end is not
    one = np.concatenate([tone(4.0)] * 3)[:, None]
    sign = np.repeat([1.0, -1.0, 1.0], 4 * RATE)[:, None].astype(np.float32)
    samples = np.concatenate([one, sign * one], axis=1)
    mixer = ChannelMixer(1)
    # When
    mixed = np.concatenate([mixer.mix(block, RATE) for block in np.array_split(samples, 12)])
    # Then nothing is lost, and no jump appears that is not in the song
    assert alike(mixed, one) > 0.999
    assert np.abs(np.diff(mixed[:, 0])).max() < 1.1 * np.abs(np.diff(one[:, 0])).max()


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3", "opus", "m4a", "wma", "aac"])
def test_files_of_every_format(tmp_path: Path, kind: str) -> None:
    one = tone(2.0)
    straight = load(write(tmp_path / f"straight.{kind}", np.stack([one, one], axis=1)), 24000).samples[0]
    turned = load(write(tmp_path / f"turned.{kind}", np.stack([one, -one], axis=1)), 24000).samples[0]
    count = min(len(straight), len(turned))
    assert alike(straight[:count], turned[:count]) > 0.99
    assert np.abs(turned).max() == pytest.approx(np.abs(straight).max(), rel=0.1)
