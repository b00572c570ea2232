"""The store that benches fill once and keep."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.search import embedded
from bench.search_data import NEIGHBOURS, planted
from bench.search_store import VECTORS, chosen, expected, filled_store

COUNT = 400


def test_a_store_is_filled_once_and_kept(tmp_path: Path) -> None:
    # When it is filled for the first time
    with filled_store("clusters", COUNT, tmp_path) as (folder, figures):
        assert figures["write"] > 0
        assert figures["filling"] > 10
        queries, nearest = expected(folder, COUNT)
    # Then the next bench finds it
    with filled_store("clusters", COUNT, tmp_path) as (again, figures):
        assert (again, figures) == (folder, {})
    # Then it holds what the search's figures are measured against
    vectors = planted(COUNT)
    assert np.array_equal(np.load(folder / VECTORS), vectors)
    assert np.array_equal(queries, vectors[chosen(COUNT)])
    assert nearest.shape == (len(queries), NEIGHBOURS)
    assert nearest[:, 0].tolist() == chosen(COUNT)
    rows = {row.name: row for row in embedded("clusters", COUNT, tmp_path)}
    assert rows[f"clusters {COUNT}: recall@{NEIGHBOURS}"].value == 1
    assert rows[f"clusters {COUNT}: memory after opening"].value > 0
    assert not any("insert" in name for name in rows)  # it was filled by an earlier run
