"""Enrichment against its formula, against golden vectors, and for long tracks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from tests.harness.places import SHARED
from workers.models import enrich as module
from workers.models.enrich import NORMAL_IQR, enrich

GOLDEN = SHARED / "golden" / "enrich.npz"


def by_formula(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The published steps, one by one."""
    low, high = np.percentile(x, [25, 75], axis=1)
    slope = np.diff(x, axis=1).mean(axis=1) if x.shape[1] > 1 else np.zeros(len(x))
    vector = np.concatenate([x.mean(axis=1), (high - low) / NORMAL_IQR, slope])
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 50, 1000])
def test_it_follows_the_formula(count: int) -> None:
    x = np.random.default_rng(count).standard_normal((12, count))
    x[3] = 0.7
    np.testing.assert_allclose(enrich(x), by_formula(x), atol=1e-12)
    single = enrich(x.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, by_formula(x), atol=1e-6)


def test_a_known_case() -> None:
    vector = enrich(np.array([[0.0, 1.0, 2.0, 3.0, 4.0]]))
    expected = np.array([2.0, 2.0 / 1.3489795003921634, 1.0])
    np.testing.assert_allclose(vector, expected / np.linalg.norm(expected), atol=1e-15)


@pytest.mark.skipif(not GOLDEN.exists(), reason="the shared goldens are not here")
def test_golden_vectors() -> None:
    golden = np.load(GOLDEN)
    cases = [name.removesuffix("_x") for name in golden if name.endswith("_x")]
    assert len(cases) >= 6
    for case in cases:
        x = golden[f"{case}_x"]
        assert np.abs(enrich(x) - golden[f"{case}_f32"]).max() <= 1e-6, case
        if f"{case}_f64" in golden:
            assert np.abs(enrich(x.astype(np.float64)) - golden[f"{case}_f64"]).max() <= 1e-12, case


def test_zeros_stay_zeros() -> None:
    assert not enrich(np.zeros((4, 3), np.float32)).any()


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    x = np.random.default_rng(0).standard_normal((101, 17)).astype(np.float32)
    whole = enrich(x)
    # When
    monkeypatch.setattr(module, "BLOCK_ELEMENTS", 40)
    # Then
    np.testing.assert_array_equal(enrich(x), whole)


@pytest.mark.parametrize("shape", [(4, 0), (0, 4), (4,)])
def test_no_windows_is_an_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="dimensions, windows"):
        enrich(np.zeros(shape, np.float32))
