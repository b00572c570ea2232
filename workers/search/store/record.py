"""The durable record: Milvus Lite in a folder, opened by one process.

Uses the engine directly: no server thread, no port that other local users could reach, and a fifth of the start-up
time. `MilvusClient(uri=FOLDER)` can open the same folder. The folder holds no index: every search goes to the index in
memory, so FLAT would only use that space again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from broker.vectors import Vectors
from contract.errors import StoreUnavailable
from contract.message import fields_of
from contract.search import Row
from workers.search.store.rows import FIELDS

#: Bytes of rows that Milvus Lite collects before it writes a file on its own. `Maintenance` flushes long before that.
MEMTABLE_BYTES: Final = 64 * 1024 * 1024
MEMTABLE_VARIABLE: Final = "MILVUS_LITE_MEMTABLE_MEMORY_LIMIT_BYTES"
#: Free bytes on disk below which a failure is blamed on a full disk.
LEAST_FREE_BYTES: Final = 1024 * 1024
#: Rows read at once.
PAGE: Final = 512
#: Longest string in a column, in characters.
MAX_LENGTH: Final = 4096
#: The engine's folder of collections.
COLLECTIONS: Final = "collections"
VECTOR: Final = "embedding"
SEQUENCE: Final = "seq"


class Record:
    """Rows, vectors and aliases on disk. Not thread-safe: the owner serialises writers.

    Each row has a `seq` that grows with every write, so that a reader can find what is newer than a known point.
    """

    def __init__(self, path: Path) -> None:
        """Open or create the folder. Raises `StoreUnavailable`, also if another process has it open."""
        os.environ.setdefault(MEMTABLE_VARIABLE, str(MEMTABLE_BYTES))  # read once, at import
        from milvus_lite import DataDirLockedError, MilvusLite, MilvusLiteError

        from workers.search.store.merging import stream_vectors
        from workers.search.store.segments import keep_vectors_on_disk

        keep_vectors_on_disk()
        stream_vectors()
        self._failures = (MilvusLiteError, OSError)
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database: Any = MilvusLite(str(path))
        except DataDirLockedError as error:
            raise StoreUnavailable(
                f"another process has the vector store {path} open: stop the other search worker first"
            ) from error
        except self._failures as error:
            raise self._unavailable("cannot be opened", error) from error

    @contextmanager
    def _failing_as_unavailable(self) -> Iterator[None]:
        try:
            yield
        except self._failures as error:
            raise self._unavailable("failed", error) from error

    def _unavailable(self, what: str, error: Exception) -> StoreUnavailable:
        """Summarise the cause in a few words; the engine's report of a full disk is long."""
        detail = {"path": str(self._path)}
        with suppress(OSError):
            if shutil.disk_usage(self._path.parent).free < LEAST_FREE_BYTES:
                return StoreUnavailable(f"no room for {self._path}: the disk is full; free some space", detail)
        return StoreUnavailable(f"the vector store {self._path} {what}: {error}", detail)

    def names(self) -> list[str]:
        """Returns every collection, in service or not."""
        with self._failing_as_unavailable():
            return list(self._database.list_collections())

    def create(self, name: str, dimension: int) -> None:
        """Create the empty collection `name`, in place of what a failed attempt left on a full disk."""
        from milvus_lite import CollectionSchema

        with self._failing_as_unavailable():
            if self._database.has_collection(name):
                self._database.drop_collection(name)
            leftover = self._path / COLLECTIONS / name
            if leftover.exists():
                shutil.rmtree(leftover)
            self._database.create_collection(name, CollectionSchema(fields=_fields(dimension)))

    def drop(self, name: str) -> None:
        """Remove a collection and its rows."""
        with self._failing_as_unavailable():
            self._database.drop_collection(name)

    def target(self, alias: str) -> str | None:
        """Returns the collection that `alias` points at."""
        with self._failing_as_unavailable():
            name = self._database.resolve_collection_name(alias)
        return None if name == alias else str(name)

    def point(self, alias: str, name: str) -> None:
        """Point `alias` at `name`; readers see either the old collection or the new one."""
        with self._failing_as_unavailable():
            if self.target(alias) is None:
                self._database.create_alias(name, alias)
            else:
                self._database.alter_alias(name, alias)

    def dimension(self, name: str) -> int:
        """Number of values in a stored vector."""
        fields = self._collection(name).schema.fields
        return int(next(field.dim for field in fields if field.name == VECTOR))

    def count(self, name: str) -> int:
        """Number of live rows."""
        return int(self._collection(name).num_entities)

    def write(self, name: str, rows: Sequence[Row], vectors: Vectors, first: int) -> None:
        """Insert rows under sequence numbers starting at `first`; a row replaces one with the same track id."""
        records = [
            {**fields_of(row), SEQUENCE: first + position, VECTOR: vector.tolist()}
            for position, (row, vector) in enumerate(zip(rows, vectors, strict=True))
        ]
        with self._failing_as_unavailable():
            self._collection(name).insert(records)

    def delete(self, name: str, track_ids: Sequence[str]) -> None:
        """Remove rows; ignores missing ids."""
        with self._failing_as_unavailable():
            self._collection(name).delete(list(track_ids))

    def sequences(self, name: str, since: int = 0) -> dict[str, int]:
        """Returns sequence numbers by track id, for the rows from `since` on."""
        with self._failing_as_unavailable():
            found = self._collection(name).query(f"{SEQUENCE} >= {since}", output_fields=["track_id", SEQUENCE])
        return {row["track_id"]: int(row[SEQUENCE]) for row in found}

    def fetch(self, name: str, track_ids: Sequence[str]) -> Iterator[tuple[list[Row], Vectors, list[int]]]:
        """Yields rows, [n, dim] vectors and sequence numbers of the ids that are present, `PAGE` at a time.

        Quick if the ids have the order of `sequences`.
        """
        from workers.search.store.segments import VectorReader

        reader = VectorReader()
        for start in range(0, len(track_ids), PAGE):
            page = list(track_ids[start : start + PAGE])
            with self._failing_as_unavailable():
                found = self._collection(name).get(page, output_fields=[*FIELDS, SEQUENCE, VECTOR])
                vectors = np.array([reader.read(record[VECTOR]) for record in found], np.float32)
            rows = [Row(**{field: record[field] for field in FIELDS}) for record in found]
            if found:
                yield rows, vectors, [int(record[SEQUENCE]) for record in found]

    def settle(self, name: str) -> None:
        """Return once no merge of the collection's files is running. A flush would wait for it, and writers for the
        flush.
        """
        with self._failing_as_unavailable():
            self._collection(name)._wait_for_bg()  # there is no public method

    def flush(self, name: str) -> None:
        """Return once the collection's rows are on disk."""
        with self._failing_as_unavailable():
            self._collection(name).flush()

    def close(self) -> None:
        """Flush everything and release the lock."""
        with self._failing_as_unavailable():
            self._database.close()

    def _collection(self, name: str) -> Any:
        with self._failing_as_unavailable():
            return self._database.get_collection(name)


def _fields(dimension: int) -> list[Any]:
    from milvus_lite import DataType, FieldSchema

    def text(name: str, primary: bool = False) -> Any:
        return FieldSchema(name=name, dtype=DataType.VARCHAR, max_length=MAX_LENGTH, is_primary=primary)

    return [
        text("track_id", primary=True),
        FieldSchema(name="library_id", dtype=DataType.INT64),
        text("artist_id"),
        text("album_id"),
        text("audio_id"),
        FieldSchema(name="duration", dtype=DataType.DOUBLE),
        text("model_id"),
        FieldSchema(name="embedded_at", dtype=DataType.DOUBLE),
        text("title"),
        text("artist"),
        FieldSchema(name=SEQUENCE, dtype=DataType.INT64),
        FieldSchema(name=VECTOR, dtype=DataType.FLOAT_VECTOR, dim=dimension),
    ]
