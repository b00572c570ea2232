from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.search.store_suite import StoreSuite
from workers.search.embedded import EmbeddedStore


class TestEmbeddedStore(StoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[EmbeddedStore]:
        store = EmbeddedStore(tmp_path / "milvus.db")
        yield store
        store.close()
