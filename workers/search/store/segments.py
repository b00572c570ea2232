"""Milvus Lite's data files with keys and tags in memory, and the vectors on disk.

The engine keeps every file in memory whole, and joins all vectors for each query, even one that asks only for keys.
Searches never ask the engine here, so its copy would only double the memory of a store. A vector is read from its file
when its row is fetched: at a start, for what the saved index lacks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq
from milvus_lite.engine import collection
from milvus_lite.storage.segment import Segment

from broker.vectors import Vectors

#: Rows decoded at once.
BLOCK: Final = 1024


class LeanSegment(Segment):  # type: ignore[misc]  # no stubs
    """One data file. What it returns as a row has a `StoredVector` in place of the vector."""

    __slots__ = ()

    @classmethod
    def load(cls, file_path: str, partition: str, pk_field: str, vector_field: str | None) -> LeanSegment:
        """Read everything but the vectors."""
        with pq.ParquetFile(file_path) as file:  # `read_table` would import pandas
            table = file.read(columns=[name for name in file.schema_arrow.names if name != vector_field])
        keys = table.column(pk_field).to_pylist()
        return cls(
            file_path=file_path,
            partition=partition,
            pk_field=pk_field,
            vector_field=vector_field or "",
            pks=keys,
            seqs=table.column("_seq").to_numpy().astype(np.uint64),
            vectors=np.zeros((len(keys), 0), np.float32),
            table=table,
        )

    def row_to_dict(self, row_idx: int) -> dict[str, Any]:
        """Returns one row."""
        found: dict[str, Any] = super().row_to_dict(row_idx)
        return found | {self._vector_field: StoredVector(self.file_path, self._vector_field, row_idx)}


class StoredVector:
    """The place of a vector in a data file."""

    __slots__ = ("field", "path", "row")

    def __init__(self, path: str, field: str, row: int) -> None:
        self.path = path
        self.field = field
        self.row = row


class VectorReader:
    """Reads the vectors of data files, each from its beginning on: quick for rows in the order of the file."""

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}

    def read(self, vector: Any) -> Any:
        """Returns the [dim] vector of a row: as it is if the engine has it in memory. Raises `OSError`."""
        if not isinstance(vector, StoredVector):
            return vector
        file = self._files.get(vector.path)
        if file is None or vector.row < file.start:
            file = self._files[vector.path] = _File(vector.path, vector.field)
        return file.read(vector.row)


class _File:
    def __init__(self, path: str, field: str) -> None:
        self.start = 0
        self._block: Vectors = np.empty((0, 0), np.float32)
        self._blocks = _blocks(path, field)

    def read(self, row: int) -> Vectors:
        while row >= self.start + len(self._block):
            self.start += len(self._block)
            self._block = next(self._blocks)
        found: Vectors = self._block[row - self.start]
        return found


def _blocks(path: str, field: str) -> Iterator[Vectors]:
    with pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as file:
        for batch in file.iter_batches(BLOCK, columns=[field], use_threads=False):
            column = batch.column(0)
            yield column.flatten().to_numpy().reshape(len(column), -1)


def keep_vectors_on_disk() -> None:
    """Let the engine of this process use `LeanSegment` for its files."""
    collection.Segment = LeanSegment
