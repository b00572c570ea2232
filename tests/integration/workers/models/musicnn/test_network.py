"""The networks compute what TensorFlow computed from the published weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.parity.__main__ import OWN_MUSICNN, cases
from workers.models.musicnn.files import Weights
from workers.models.musicnn.tagger import BATCH, Tagger
from workers.models.musicnn.taggers import Taggers

PATCHES = np.stack([np.load(OWN_MUSICNN / f"signal_{seed}.npz")["logmel"] for seed in (21, 22, 23)])


def test_every_golden_is_met() -> None:
    found = list(cases(OWN_MUSICNN))

    assert [case.line() for case in found if not case.met] == []
    assert len(found) == 36


def test_a_changed_golden_is_a_miss(tmp_path: Path) -> None:
    # Given a folder of one signal whose labels are moved by twice the tolerance
    with np.load(OWN_MUSICNN / "signal_21.npz") as arrays:
        changed = dict(arrays) | {"MTT_taggram": arrays["MTT_taggram"] + np.float32(1e-5)}
    for seed in (21, 22, 23):
        np.savez(tmp_path / f"signal_{seed}.npz", **changed)
    (tmp_path / "golden.json").write_bytes((OWN_MUSICNN / "golden.json").read_bytes())
    # When
    missed = [case.name for case in cases(tmp_path) if not case.met]
    # Then
    assert "musicnn signal_21 MTT_taggram" in missed
    assert "musicnn signal_21 MSD_taggram" not in missed


@pytest.mark.parametrize("count", [1, BATCH, BATCH + 1])
def test_a_patch_does_not_depend_on_the_others(weights: Weights, count: int) -> None:
    tagger = Tagger(weights["mtt"])
    many = np.resize(PATCHES, (count, *PATCHES.shape[1:]))

    together = tagger.hidden(many)

    alone = np.concatenate([tagger.hidden(patch[None]) for patch in many])
    np.testing.assert_allclose(together, alone, atol=2e-5)


def test_most_filters_are_dead(weights: Weights) -> None:
    living = {name: len(one.alive) for name, one in weights.items()}

    assert living["msd"] < 70 < living["mtt"] < 330


def test_the_ear_has_both_taggers_side_by_side(ear: Taggers, weights: Weights) -> None:
    heard = ear(PATCHES)

    np.testing.assert_allclose(heard[:200], Tagger(weights["msd"]).hidden(PATCHES).mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(heard[200:], Tagger(weights["mtt"]).hidden(PATCHES).mean(axis=0), atol=1e-6)
