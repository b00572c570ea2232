"""Files of Milvus Lite that are merged with their vectors passing through are those that the engine would have made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from milvus_lite.engine import compaction
from milvus_lite.engine.compaction import CompactionManager
from milvus_lite.schema.types import CollectionSchema
from milvus_lite.storage import data_file
from milvus_lite.storage.delta_index import DeltaIndex
from milvus_lite.storage.manifest import Manifest

from tests.harness.vectors import random_unit
from workers.search.store import merging
from workers.search.store.merging import stream_vectors
from workers.search.store.record import _fields

DIM, FILES, EACH = 24, 5, 1500
PARTITION = "_default"


def table(first: int, keys: list[int], seed: int) -> pa.Table:
    """Rows with these keys, numbered from `first` on, as the engine flushes them."""
    vectors = random_unit(len(keys), DIM, seed)
    element = pa.field("element", pa.float32())
    columns = {
        "_seq": pa.array(np.arange(first, first + len(keys)), pa.uint64()),
        "track_id": pa.array([f"t{key:06}" for key in keys]),
        "embedding": pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), type=pa.list_(element, DIM)),
        "title": pa.array([f"Title {key}" if key % 3 else "" for key in keys]),
    }
    fields = [pa.field(name, column.type, nullable=False) for name, column in columns.items()]
    return pa.table(list(columns.values()), schema=pa.schema(fields))


def fill(folder: Path) -> Manifest:
    """Files in which a third of the keys come again."""
    manifest, partition = Manifest.load(str(folder)), folder / "partitions" / PARTITION
    chance, first = np.random.default_rng(0), 1
    for number in range(FILES):
        keys = chance.permutation(FILES * EACH)[:EACH].tolist()
        written = table(first, keys, number)
        rel = data_file.write_data_file(written, str(partition), first, first + EACH - 1)
        manifest.add_data_file(PARTITION, rel)
        first += EACH
    manifest.save()
    return manifest


def merged(folder: Path) -> list[pa.Table]:
    """Merge all files of a folder; returns the tables of what remains."""
    manifest, deleted = fill(folder), DeltaIndex("track_id")
    gone = [f"t{key:06}" for key in range(0, FILES * EACH, 7)]
    last = pa.array([FILES * EACH + 1] * len(gone), pa.uint64())
    deleted.add_table(pa.table({"track_id": pa.array(gone), "_seq": last}))
    manager = CompactionManager(str(folder), CollectionSchema(fields=_fields(DIM)))
    assert manager.maybe_compact(PARTITION, manifest, deleted)
    kept = Manifest.load(str(folder)).get_data_files(PARTITION)
    on_disk = sorted(path.name for path in (folder / "partitions" / PARTITION / "data").iterdir())
    assert on_disk == sorted(Path(rel).name for rel in kept)
    return [pq.read_table(folder / "partitions" / PARTITION / rel) for rel in kept]


@pytest.mark.parametrize("limit", [100_000, FILES * EACH // 2], ids=["one file", "several files"])
def test_the_same_files_as_the_engine_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    # Given
    monkeypatch.setattr(compaction, "MAX_SEGMENT_ROWS", limit)
    monkeypatch.setattr(compaction, "read_data_file", data_file.read_data_file)
    monkeypatch.setattr(compaction, "write_data_file", data_file.write_data_file)
    expected = merged(tmp_path / "engine")
    # When
    stream_vectors()
    assert compaction.write_data_file is merging.write
    found = merged(tmp_path / "ours")
    # Then
    assert len(found) == len(expected) == (1 if limit > FILES * EACH else 2)
    for mine, other in zip(found, expected, strict=True):
        assert mine.schema == other.schema
        assert mine.equals(other)


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a merge whose source disappears half-way
    stream_vectors()
    path = tmp_path / data_file.write_data_file(table(1, list(range(EACH)), 0), str(tmp_path), 1, EACH)
    numbers = merging.read(str(path))
    path.unlink()
    # When, then
    with pytest.raises(OSError, match="parquet"):
        merging.write(numbers, str(tmp_path), 1, EACH + 1)
    assert list(path.parent.iterdir()) == []
