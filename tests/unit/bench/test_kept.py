"""What was heard is kept: a run that was cut short continues."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from bench.kept import Listening
from contract.errors import MeshError

RATE = 22_050


def test_a_file_is_made_and_heard_once(tmp_path: Path) -> None:
    made: list[Path] = []

    def make(path: Path) -> Path:
        made.append(path)
        at = np.arange(3 * RATE) / RATE
        soundfile.write(path, 0.2 * np.sin(2 * np.pi * 440 * at), RATE)
        return path

    first = Listening(tmp_path).hear("tones", "a", {"key": "A"}, make, "spectral")
    again = Listening(tmp_path).hear("tones", "a", {"key": "A"}, make, "spectral")

    assert len(made) == 1 and not made[0].exists()
    assert first.analysis == again.analysis and first.analysis.facts is not None
    assert first.analysis.facts.loudness_lufs is not None
    np.testing.assert_array_equal(first.vector, again.vector)
    assert np.linalg.norm(first.vector) == pytest.approx(1, abs=1e-3)


def test_what_cannot_be_heard_is_not_kept(tmp_path: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no music")

    for _ in range(2):
        with pytest.raises(MeshError):
            Listening(tmp_path / "kept").hear("files", "b", {}, lambda _target: broken, "spectral")
    assert broken.exists()
