"""Which tracks a list leaves out, given its seeds."""

from __future__ import annotations

import numpy as np

from tests.harness.vectors import random_unit, rows
from workers.search.recommend.candidates import UnlistedFilter, UnlistedTracks
from workers.search.store.index.table import RowTable
from workers.search.store.vector_store import Where

KINDS = (
    UnlistedTracks("genre", frozenset({"audiobook", "both genres"})),
    UnlistedTracks("genre", frozenset({"podcast", "both genres", "long podcast"})),
    UnlistedTracks("longer", frozenset({"drone", "long podcast"})),
)


def left_out(*seeds: str) -> set[str]:
    unlisted = UnlistedFilter()
    unlisted.know(KINDS)
    return set(unlisted.beside(seeds))


def test_a_list_of_music_leaves_out_all_kinds() -> None:
    everything = {"audiobook", "both genres", "podcast", "long podcast", "drone"}
    assert left_out() == left_out("a song") == everything


def test_a_seed_lets_its_own_kind_in() -> None:
    assert left_out("a song", "audiobook") == {"podcast", "long podcast", "drone"}
    assert left_out("drone") == {"audiobook", "both genres", "podcast", "long podcast"}


def test_what_is_left_out_by_two_things_needs_seeds_of_both() -> None:
    assert "long podcast" in left_out("podcast")
    assert left_out("podcast", "drone") == {"audiobook"}


def test_a_table_notices_rows_that_come_and_go() -> None:
    # Given
    table, kept = RowTable(4), frozenset({"t000001", "t000003"})
    table.put(rows(3), random_unit(3, 4), [1, 2, 3])
    assert np.flatnonzero(table.allowed(Where(unlisted=kept))).tolist() == [0, 2]
    # When
    table.put(rows(2, start=2), random_unit(2, 4), [4, 5])
    table.remove(["t000000"])
    # Then
    allowed = [row.track_id for row in table.rows_at(np.flatnonzero(table.allowed(Where(unlisted=kept))).tolist())]
    assert allowed == ["t000002"]
    assert table.allowed(Where(unlisted=frozenset())).sum() == 3
