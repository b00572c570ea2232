from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.vectors import random_unit, rows
from tests.integration.workers.search.store.store_suite import DIM, MUQ, StoreSuite, ids
from workers.search.store.embedded import EmbeddedStore


class TestEmbeddedStore(StoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[EmbeddedStore]:
        store = EmbeddedStore(tmp_path / "milvus.db")
        yield store
        store.close()

    def test_a_scan_sees_what_changes_between_its_pages(self, store: EmbeddedStore) -> None:
        # Given a scan that has read its first page
        store.upsert(MUQ, rows(6), random_unit(6, DIM), DIM)
        page, after = store.scan(MUQ, None, 2)
        # When rows behind it are replaced, deleted, and come
        store.upsert(MUQ, rows(1, start=2), random_unit(1, DIM, seed=1), DIM)
        store.delete(["t000003"])
        store.upsert(MUQ, rows(1, start=7), random_unit(1, DIM, seed=2), DIM)
        second, after = store.scan(MUQ, after, 2)
        store.delete(["t000005"])
        last, end = store.scan(MUQ, after, 2)
        # Then
        assert ids(page) == ["t000000", "t000001"]
        assert ids(second) == ["t000002", "t000004"]
        assert (ids(last), end) == (["t000007"], None)
        assert ids(store.scan(MUQ, None, 9)[0]) == ["t000000", "t000001", "t000002", "t000004", "t000007"]
