"""What our inference computes equals what the published packages computed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.golden import weights
from bench.parity.__main__ import OWN, cases
from bench.parity.case import compare
from bench.signals import signal


def test_every_golden_is_met() -> None:
    found = list(cases(OWN))

    missed = [case.line() for case in found if not case.met]

    assert missed == []
    assert len(found) > 90


def test_the_rules_of_weights_and_signals() -> None:
    matrix = weights("mulan.audio.proj.weight", (40, 48))
    bias = weights("mulan.audio_to_latents.bias", (512,))
    wav = signal(22, 240_000)

    assert matrix is not None and bias is not None
    np.testing.assert_allclose(matrix[0, :3], [-0.22533782, -0.09591661, 0.06415873], atol=1e-8)
    np.testing.assert_allclose(bias[:3], [0.05559738, -0.12277479, -0.04812122], atol=1e-8)
    np.testing.assert_allclose(wav[:4], [-0.07707812, -0.02932556, -0.07722535, -0.06227072], atol=1e-8)
    assert np.sum(wav.astype(np.float64) ** 2) == pytest.approx(1064.02177, abs=1e-4)
    assert weights("conformer.embed_positions.inv_freq", (6,)) is None


def test_both_layouts_of_a_weight_norm_hold_the_same_numbers() -> None:
    older = weights("encoder.conv.weight_g", (1, 1, 16))
    today = weights("encoder.conv.parametrizations.weight.original0", (1, 1, 16))

    assert older is not None and today is not None
    np.testing.assert_array_equal(older, today)


def test_a_wrong_value_a_wrong_shape_and_nan_are_misses() -> None:
    vector = np.ones(4, np.float32) / 2

    assert compare("same", vector, vector, 5e-6).met
    assert not compare("moved", vector + np.float32(1e-5), vector, 5e-6).met
    assert not compare("turned", vector * [1, 1, 1, -1], vector, 10.0).met
    assert not compare("shape", vector[:3], vector, 5e-6).met
    assert not compare("nan", vector * np.nan, vector, 5e-6).met


def test_the_command_fails_on_a_folder_without_goldens(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.parity", "--golden", str(tmp_path)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )

    assert done.returncode == 1
    assert "0 of 0" in done.stdout
