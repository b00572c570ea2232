"""The benchmark of large libraries, on a small one."""

from __future__ import annotations

import pytest

from bench.scale import measure
from tests.integration.bench.test_scale import values


def test_a_small_library_through_the_whole_mesh(tmp_path_factory: pytest.TempPathFactory) -> None:
    # When
    folder = tmp_path_factory.mktemp("s")
    told: list[str] = []
    rows = values(measure(folder, 300, ["like_spectral", "like_latent"], told.append, poll=0.5))
    # Then everything was measured, and it really happened
    assert "completed 600 / 600" in told
    for model, least in (("like_spectral", 0.4), ("like_latent", 2.3)):
        assert rows[f"{model}: last tenth"] > 0
        assert rows[f"{model}: store, per 1,000 tracks"] > least  # vectors of four bytes a value at least
    assert (
        0
        < rows["10 new tracks noticed (polled every 0.5 s)"]
        <= rows["10 new tracks embedded and searchable, since they appeared"]
    )
    assert 0 < rows["start, full store: all parts ready"] <= rows["start, full store: first playlist"]
    assert rows["memory in the job, search: resident"] > 50
