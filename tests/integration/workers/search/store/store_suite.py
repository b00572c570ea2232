"""What every `VectorStore` must do. A store's own test module subclasses `StoreSuite` with a `store` fixture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from contract.errors import Conflict, InvalidRequest, NotFound
from contract.search import Row
from tests.harness.vectors import random_unit, rows
from workers.search.store.vector_store import VectorStore, Where

DIM = 32
MUQ = "embedding"
SPECTRAL = "spectral_embedding"


def ids(found: list[Row]) -> list[str]:
    return [row.track_id for row in found]


class StoreSuite:
    def test_what_was_written_is_looked_up_in_the_order_asked_for(self, store: VectorStore) -> None:
        vectors = random_unit(5, DIM)
        assert store.upsert(MUQ, rows(5), vectors, DIM) == 5
        found = store.lookup(MUQ, ["t000003", "absent", "t000001", "t000003"])
        assert found.rows == [rows(5)[3], rows(5)[1]]
        assert np.allclose(found.vectors, vectors[[3, 1]], atol=1e-6)

    def test_an_empty_store_answers(self, store: VectorStore) -> None:
        assert store.lookup(MUQ, ["x"]).rows == []
        assert store.search(MUQ, random_unit(1, DIM), 5).rows == []
        assert store.scan(MUQ, None, 10) == ([], None)
        assert len(store.sample(MUQ, 10)) == 0
        assert store.status() == {}
        assert store.delete(["x"]) == 0
        assert store.stored_dimension(MUQ) is None

    def test_writing_a_track_again_replaces_it(self, store: VectorStore) -> None:
        vectors = random_unit(3, DIM)
        store.upsert(MUQ, rows(2), vectors[:2], DIM)
        renamed = replace(rows(1)[0], title="Other")
        store.upsert(MUQ, [renamed], vectors[2:], DIM)
        found = store.lookup(MUQ, ["t000000"])
        assert found.rows == [renamed]
        assert np.allclose(found.vectors[0], vectors[2], atol=1e-6)
        assert store.status()[MUQ].count == 2
        assert ids(store.search(MUQ, vectors[2:], 1).rows) == ["t000000"]

    def test_the_last_row_of_a_track_counts_within_one_write(self, store: VectorStore) -> None:
        vectors = random_unit(2, DIM)
        first, second = rows(1)[0], replace(rows(1)[0], title="second")
        assert store.upsert(MUQ, [first, second], vectors, DIM) == 1
        assert store.lookup(MUQ, [first.track_id]).rows == [second]
        assert store.status()[MUQ].count == 1

    def test_a_search_finds_what_is_nearest_for_each_query(self, store: VectorStore) -> None:
        vectors = random_unit(200, DIM)
        store.upsert(MUQ, rows(200), vectors, DIM)
        queries = random_unit(3, DIM, seed=9)
        found = store.search(MUQ, queries, 7)
        best = np.argsort(-queries @ vectors.T, axis=1)[:, :7]
        assert set(ids(found.rows)) == {f"t{number:06}" for number in np.unique(best)}
        assert not found.exhausted
        positions = [int(row.track_id[1:]) for row in found.rows]
        assert np.allclose(found.vectors, vectors[positions], atol=1e-6)

    def test_a_search_says_when_nothing_else_is_there(self, store: VectorStore) -> None:
        store.upsert(MUQ, rows(4), random_unit(4, DIM), DIM)
        found = store.search(MUQ, random_unit(1, DIM, seed=1), 10)
        assert len(found.rows) == 4
        assert found.exhausted

    def test_filters_hold(self, store: VectorStore) -> None:
        vectors = random_unit(60, DIM)
        store.upsert(MUQ, rows(30, artists=5), vectors[:30], DIM)
        store.upsert(MUQ, rows(30, start=30, artists=5, library=2), vectors[30:], DIM)
        where = Where(frozenset({2}), frozenset({"t000031", "absent"}), frozenset({"artist4", "nobody"}))
        found = ids(store.search(MUQ, vectors[:2], 60, where).rows)
        assert set(found) == {f"t{number:06}" for number in range(30, 60) if number != 31 and number % 5 != 4}
        few = store.search(MUQ, vectors[:1], 3, where)
        assert len(few.rows) == 3
        assert not few.exhausted

    def test_a_hidden_track_is_not_found_until_it_is_shown_again(self, store: VectorStore) -> None:
        vectors = random_unit(20, DIM)
        store.upsert(MUQ, rows(10), vectors[:10], DIM)
        store.hide(frozenset({"t000002", "t000015", 'not "there'}))
        store.upsert(MUQ, rows(10, start=10), vectors[10:], DIM)  # one of them comes later
        found = store.search(MUQ, vectors[2:3], 20)
        assert set(ids(found.rows)) == {f"t{n:06}" for n in range(20)} - {"t000002", "t000015"}
        assert found.exhausted
        assert len(store.search(MUQ, vectors[2:3], 5).rows) == 5
        assert ids(store.lookup(MUQ, ["t000002"]).rows) == ["t000002"]
        assert store.status()[MUQ].count == 20
        store.upsert(MUQ, rows(1, start=2), vectors[2:3], DIM)  # written again, it stays hidden
        assert "t000002" not in ids(store.search(MUQ, vectors[2:3], 20).rows)
        store.hide(frozenset())
        assert ids(store.search(MUQ, vectors[2:3], 1).rows) == ["t000002"]

    def test_a_hidden_track_is_no_part_of_a_sample(self, store: VectorStore) -> None:
        """Present tracks determine the scale, not vanished ones."""
        vectors = random_unit(20, DIM)
        store.upsert(MUQ, rows(20), vectors, DIM)
        assert (store.hidden(MUQ), len(store.sample(MUQ, 100))) == (0, 20)
        gone = [f"t{number:06d}" for number in range(15)]
        store.hide(frozenset([*gone, "nobody"]))
        assert store.hidden(MUQ) == 15
        assert np.allclose(np.sort(store.sample(MUQ, 100), axis=0), np.sort(vectors[15:], axis=0), atol=1e-6)
        store.delete(gone[:5])
        store.hide(frozenset(gone[5:]))
        assert (store.hidden(MUQ), store.status()[MUQ].count) == (10, 15)
        store.hide(frozenset())
        assert (store.hidden(MUQ), len(store.sample(MUQ, 100))) == (0, 15)

    def test_ids_with_quotes_and_backslashes_are_only_ids(self, store: VectorStore) -> None:
        odd = ['a"b', "a'b", 'x" or track_id != "', "back\\slash", "new\nline", "ünï \U0001f3b5", "%_*"]
        made = [replace(row, track_id=name, artist_id=name) for row, name in zip(rows(len(odd)), odd, strict=True)]
        vectors = random_unit(len(odd), DIM)
        store.upsert(MUQ, made, vectors, DIM)
        assert ids(store.lookup(MUQ, odd).rows) == odd
        for name in odd:
            others = set(odd) - {name}
            assert set(ids(store.search(MUQ, vectors, 9, Where(without_tracks=frozenset({name}))).rows)) == others
            assert set(ids(store.search(MUQ, vectors, 9, Where(without_artists=frozenset({name}))).rows)) == others
        assert store.delete(odd[:3]) == 3
        assert set(ids(store.lookup(MUQ, odd).rows)) == set(odd[3:])

    def test_delete_is_of_all_collections_or_of_those_named(self, store: VectorStore) -> None:
        for collection in (MUQ, SPECTRAL):
            store.upsert(collection, rows(3), random_unit(3, DIM), DIM)
        assert store.delete(["t000000", "absent"], [MUQ]) == 1
        assert store.status()[MUQ].count == 2
        assert store.status()[SPECTRAL].count == 3
        assert store.delete(["t000000", "t000001"]) == 2
        assert ids(store.lookup(SPECTRAL, ["t000000", "t000001", "t000002"]).rows) == ["t000002"]
        assert ids(store.search(MUQ, random_unit(1, DIM), 9).rows) == ["t000002"]

    def test_scan_goes_through_all_pages_once(self, store: VectorStore) -> None:
        store.upsert(MUQ, rows(25), random_unit(25, DIM), DIM)
        after: str | None = None
        seen: list[Row] = []
        for _ in range(3):
            page, after = store.scan(MUQ, after, 10)
            seen += page
        assert after is None
        assert seen == rows(25)

    def test_a_sample_is_of_the_collection_and_repeatable(self, store: VectorStore) -> None:
        vectors = random_unit(50, DIM)
        store.upsert(MUQ, rows(50), vectors, DIM)
        sample = store.sample(MUQ, 20, seed=3)
        assert sample.shape == (20, DIM)
        assert np.allclose((sample @ vectors.T).max(axis=1), 1, atol=1e-5)
        assert np.array_equal(sample, store.sample(MUQ, 20, seed=3))
        assert len(store.sample(MUQ, 500)) == 50

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_vectors_that_are_no_numbers_are_refused(self, store: VectorStore, bad: float) -> None:
        vectors = random_unit(3, DIM)
        vectors[1, 4] = bad
        with pytest.raises(InvalidRequest, match=r"vectors\[1\]"):
            store.upsert(MUQ, rows(3), vectors, DIM)
        assert store.lookup(MUQ, ["t000000"]).rows == []

    def test_zero_vectors_and_a_wrong_count_are_refused(self, store: VectorStore) -> None:
        with pytest.raises(InvalidRequest, match="length"):
            store.upsert(MUQ, rows(1), np.zeros((1, DIM), np.float32), DIM)
        with pytest.raises(InvalidRequest, match="2 vectors"):
            store.upsert(MUQ, rows(2), random_unit(1, DIM), DIM)
        assert store.status() == {}

    def test_another_dimension_is_a_conflict_that_says_what_to_do(self, store: VectorStore) -> None:
        store.upsert(MUQ, rows(1), random_unit(1, DIM), DIM)
        with pytest.raises(Conflict, match="clearExisting"):
            store.upsert(MUQ, rows(1), random_unit(1, DIM * 2), DIM * 2)
        with pytest.raises(Conflict, match="clearExisting"):
            store.begin(MUQ, "g1", DIM * 2, DIM * 2)
        assert store.status()[MUQ].dimension == DIM

    def test_a_generation_is_built_beside_the_one_in_service(self, store: VectorStore) -> None:
        old, new = random_unit(3, DIM), random_unit(2, DIM * 2, seed=1)
        store.upsert(MUQ, rows(3), old, DIM)
        store.begin(MUQ, "job-2", DIM * 2, DIM * 2)
        store.begin(MUQ, "job-2", DIM * 2, DIM * 2)
        store.upsert(MUQ, rows(2), new, DIM * 2, "job-2")
        # Then nothing of it is seen before the switch
        assert store.status()[MUQ].count == 3
        assert store.search(MUQ, old[:1], 9).vectors.shape == (3, DIM)
        assert len(store.lookup(MUQ, ["t000000"], "job-2").rows) == 1
        assert ids(store.scan(MUQ, None, 9, "job-2")[0]) == ["t000000", "t000001"]
        # When it is switched to, everything is
        store.switch(MUQ, "job-2")
        status = store.status()[MUQ]
        assert (status.count, status.dimension, status.generation) == (2, DIM * 2, "job-2")
        assert store.search(MUQ, new[:1], 9).vectors.shape == (2, DIM * 2)
        store.drop(MUQ, "g1")
        store.drop(MUQ, "g1")
        assert store.stored_dimension(MUQ, "g1") is None

    def test_the_generation_in_service_is_never_dropped(self, store: VectorStore) -> None:
        store.upsert(MUQ, rows(3), random_unit(3, DIM), DIM)
        with pytest.raises(Conflict, match="in service"):
            store.drop(MUQ, "g1")
        assert store.status()[MUQ].count == 3

    def test_unknown_and_odd_generations_are_refused(self, store: VectorStore) -> None:
        with pytest.raises(NotFound, match="begin"):
            store.upsert(MUQ, rows(1), random_unit(1, DIM), DIM, "nope")
        with pytest.raises(NotFound, match="begin"):
            store.switch(MUQ, "nope")
        with pytest.raises(InvalidRequest, match="generation"):
            store.begin(MUQ, "../../etc", DIM, DIM)
        assert store.status() == {}

    def test_a_deleted_track_leaves_a_half_built_generation_too(self, store: VectorStore) -> None:
        store.begin(MUQ, "next", DIM, DIM)
        store.upsert(MUQ, rows(2), random_unit(2, DIM), DIM, "next")
        assert store.delete(["t000000"]) == 1
        store.switch(MUQ, "next")
        assert ids(store.scan(MUQ, None, 9)[0]) == ["t000001"]

    def test_flush_keeps_everything(self, store: VectorStore) -> None:
        store.upsert(MUQ, rows(3), random_unit(3, DIM), DIM)
        store.flush()
        assert store.status()[MUQ].count == 3
