"""The index on disk beside the store, so that start-up reads it instead of rebuilding it.

`rows.msgpack` is the commit point: it names its vectors and graph files. Vectors are appended while the table only
grows; those that the graph covers are then read from that file. Everything here can be rebuilt: a missing, stale or
broken file costs time, never a row.
"""

from __future__ import annotations

import contextlib
import logging
import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgpack
import numpy as np

from contract.search import Row
from workers.search.store.index.arrangement import Arrangement
from workers.search.store.index.graph import Graph, GraphSettings
from workers.search.store.index.memory import MemoryIndex
from workers.search.store.index.table import RowTable
from workers.search.store.index.vectors import BLOCK, VALUE_BYTES, StoredVectors
from workers.search.store.rows import FIELDS

log = logging.getLogger(__name__)

VERSION: Final = 1
ROWS: Final = "rows.msgpack"
#: Fields whose values many rows share.
REPEATED: Final = ("artist_id", "album_id", "model_id", "artist")
#: Exceptions raised when reading a file that is foreign, truncated or of another version.
UNREADABLE: Final = (OSError, ValueError, KeyError, TypeError, msgpack.UnpackException)


class SavedIndex:
    """One generation's folder of index files."""

    def __init__(self, folder: Path, settings: GraphSettings) -> None:
        self._folder = folder
        self._settings = settings
        self._written_table: RowTable | None = None
        self._written_slots = 0
        self._vectors = ""

    def load(self, dimension: int) -> MemoryIndex | None:
        """Read the saved index; None if there is no usable one."""
        path = self._folder / ROWS
        if not path.exists():
            return None
        try:
            head = msgpack.unpackb(path.read_bytes(), raw=False)
            if head["version"] != VERSION or head["dimension"] != dimension:
                raise ValueError("it has another version or dimension")
            graph = self._read_graph(head, dimension) if head["graph"] else None
            table = self._read_table(head, dimension, graph.count if graph is not None else 0)
        except UNREADABLE as error:
            log.warning("the saved index %s cannot be used and is rebuilt: %s", self._folder, error)
            return None
        index = MemoryIndex(dimension, self._settings, table)
        index.graph = graph
        self._written_table, self._written_slots, self._vectors = table, table.size, head["vectors"]
        return index

    def arrangement(self, dimension: int) -> Arrangement | None:
        """Returns the last saved graph, as a backup keeps it; None if there is no usable one."""
        try:
            head = msgpack.unpackb((self._folder / ROWS).read_bytes(), raw=False)
            usable = head["version"] == VERSION and head["dimension"] == dimension and head["graph"]
            graph = self._read_graph(head, dimension) if usable else None
        except UNREADABLE:
            return None
        if graph is None or not graph.count:
            return None
        return graph.arrangement([None if row is None else str(row[0]) for row in head["rows"][: graph.count]])

    def _read_table(self, head: dict[str, Any], dimension: int, covered: int) -> RowTable:
        known: Sequence[Sequence[Any] | None] = head["rows"]
        shared: dict[str, str] = {}
        rows = [None if row is None else _row(row, shared) for row in known]
        vectors = StoredVectors.read(self._folder / head["vectors"], dimension, len(rows), covered)
        return RowTable.read(dimension, rows, vectors, head["sequence"])

    def _read_graph(self, head: dict[str, Any], dimension: int) -> Graph | None:
        graph = Graph.load(self._folder / head["graph"], dimension, self._settings)
        if graph is None or graph.count > len(head["rows"]):
            log.warning("the saved graph in %s cannot be used and is rebuilt", self._folder)
            return None
        return graph

    def save(self, index: MemoryIndex) -> None:
        """Write what changed since the last save. Searches and writes continue; `catch_up` must wait."""
        with index.lock:
            table, graph = index.table, index.graph
            size, sequence, rows = table.size, table.sequence.copy(), list(table.rows)
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._written_table is not table or not self._holds(self._written_slots, table.dimension):
            self._written_table, self._written_slots = table, 0
            self._vectors = f"vectors-{uuid.uuid4().hex[:8]}.f32"
        self._append(table, size, index.lock)
        head = {
            "version": VERSION,
            "dimension": table.dimension,
            "vectors": self._vectors,
            "graph": self._save_graph(graph) if graph is not None else "",
            "rows": [row and [getattr(row, field) for field in FIELDS] for row in rows],
            "sequence": sequence.tolist(),
        }
        _write_atomically(self._folder / ROWS, msgpack.packb(head, use_bin_type=True))
        self._remove_others(keep={ROWS, self._vectors, head["graph"]})
        if graph is not None:
            with index.lock:
                table.vectors.leave_in(self._folder / self._vectors, min(graph.count, size))

    def read_ahead(self) -> None:
        """Ask the system to read the vectors into its cache, so that the first searches do not wait for the disk."""
        with contextlib.suppress(OSError), (self._folder / self._vectors).open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)

    def _holds(self, slots: int, dimension: int) -> bool:
        """Returns whether the file has what was written; somebody may have deleted the folder."""
        path = self._folder / self._vectors
        return path.is_file() and path.stat().st_size >= slots * dimension * VALUE_BYTES

    def _append(self, table: RowTable, size: int, lock: contextlib.AbstractContextManager[object]) -> None:
        with (self._folder / self._vectors).open("ab") as file:
            file.truncate(self._written_slots * table.dimension * VALUE_BYTES)
            for start in range(self._written_slots, size, BLOCK):
                with lock:
                    vectors = table.vectors.take(np.arange(start, min(start + BLOCK, size)))
                vectors.astype("<f4", copy=False).tofile(file)
            file.flush()
            os.fsync(file.fileno())
        self._written_slots = size

    def _save_graph(self, graph: Graph) -> str:
        name = f"graph-{uuid.uuid4().hex[:8]}.faiss"
        graph.save(self._folder / name)
        with (self._folder / name).open("rb") as file:
            os.fsync(file.fileno())
        return name

    def _remove_others(self, keep: set[str]) -> None:
        for path in self._folder.iterdir():
            if path.name not in keep:
                path.unlink()

    def remove(self) -> None:
        """Delete the files and the folder."""
        with contextlib.suppress(FileNotFoundError):
            self._remove_others(keep=set())
            self._folder.rmdir()


def _row(values: Sequence[Any], shared: dict[str, str]) -> Row:
    """Returns a saved row; ids and names that many rows share are kept once. Raises `ValueError`."""
    fields = dict(zip(FIELDS, values, strict=True))
    for name in REPEATED:
        fields[name] = shared.setdefault(fields[name], fields[name])
    return Row(**fields)


def _write_atomically(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".new")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
