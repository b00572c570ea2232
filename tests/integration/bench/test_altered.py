"""Altered copies are what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.altered import SILENCE, VARIANTS, write_altered
from tests.harness.audio_files import RATE, stereo, tone, write
from workers.audio.decode import load


@pytest.mark.parametrize("samples", [stereo(3.0), tone(3.0)], ids=["stereo", "mono"])
def test_each_copy_differs_in_one_thing(tmp_path: Path, samples: np.ndarray) -> None:
    # Given
    path = write(tmp_path / "a.flac", samples)
    plain = load(path, RATE)
    # When
    copies = {variant: load(write_altered(path, variant, tmp_path), RATE) for variant in VARIANTS}
    # Then
    level = np.std(plain.samples)
    assert copies["late"].duration == pytest.approx(plain.duration + SILENCE, abs=0.01)
    assert not copies["late"].samples[0, : int((SILENCE - 0.1) * RATE)].any()
    assert np.std(copies["quieter"].samples) / level == pytest.approx(0.2512, rel=0.01)
    assert np.std(copies["louder"].samples) / level == pytest.approx(1.9953, rel=0.01)  # too quiet to be clipped
    np.testing.assert_allclose(
        copies["mono"].samples, plain.samples, atol=2e-3
    )  # two resamplings, to and fro  # codespell:ignore
    for kind in ("opus", "mp3"):
        assert copies[kind].duration == pytest.approx(plain.duration, abs=0.1)
        assert np.std(copies[kind].samples) / level == pytest.approx(1, rel=0.1)
        assert (tmp_path / f"{kind}.{kind}").stat().st_size < 3 * 128_000 / 8  # variable rates exceed 64 kbit/s
