"""Merges of Milvus Lite's data files, with keys and tags in memory and the vectors passing through.

The engine merges small files into larger ones, and for that reads them whole and copies them twice: three times 600 MB
for 100,000 rows of 1,536. Which rows stay, and in which order, depends on keys alone. So here the engine gets numbers
in place of the vectors, and writing the merged file replaces them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from milvus_lite.constants import DATA_FILE_TEMPLATE, SEQ_FORMAT_WIDTH
from milvus_lite.engine import compaction
from milvus_lite.storage.paths import persisted_rel_path

from workers.search.store.segments import StoredVector, VectorReader

#: A number names a file in its upper bits and a row in its lower ones.
ROW_BITS: Final = 32
#: Rows written at once.
BLOCK: Final = 1024
#: Folder of the data files in a partition, and the metadata of a column of numbers: the field of the vectors.
FOLDER: Final = "data"
ORIGINAL: Final = b"original"

_names = itertools.count()
#: Files by their number, since this process began.
_files: dict[int, str] = {}


def read(path: str) -> pa.Table:
    """Returns a data file with numbers in place of its vectors."""
    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        names = [field.name for field in schema if not pa.types.is_fixed_size_list(field.type)]
        table = file.read(columns=names)
    name = next(_names)
    _files[name] = path
    numbers = pa.array((name << ROW_BITS) + np.arange(table.num_rows, dtype=np.int64))
    for position, field in enumerate(schema):
        if field.name not in names:
            original = pa.schema([field]).serialize().to_pybytes()
            marked = pa.field(field.name, pa.int64(), field.nullable, {ORIGINAL: original})
            table = table.add_column(position, marked, numbers)
    return table


def write(table: pa.Table, partition_dir: str, seq_min: int, seq_max: int) -> str:
    """Write a data file, with the vectors that the numbers stand for; returns its path within the partition."""
    name = DATA_FILE_TEMPLATE.format(min=seq_min, max=seq_max, w=SEQ_FORMAT_WIDTH)
    path = Path(partition_dir) / FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = pa.schema([_original(field) for field in table.schema])
    try:
        with pq.ParquetWriter(path, schema) as writer:
            for block in _resolved(table, schema):
                writer.write_table(block)
    except BaseException:  # as the engine does: a torn file would take the room that a retry needs
        path.unlink(missing_ok=True)
        raise
    return str(persisted_rel_path(FOLDER, name))


def _original(field: pa.Field) -> pa.Field:
    """Returns the field of the vectors that a column of numbers stands for; any other field as it is."""
    if not _is_numbers(field):
        return field
    return pa.ipc.read_schema(pa.py_buffer(field.metadata[ORIGINAL])).field(0)


def _is_numbers(field: pa.Field) -> bool:
    return ORIGINAL in (field.metadata or {})


def _resolved(table: pa.Table, schema: pa.Schema) -> Iterator[pa.Table]:
    readers = {field.name: VectorReader() for field in table.schema if _is_numbers(field)}
    for start in range(0, table.num_rows, BLOCK):
        block = table.slice(start, BLOCK)
        for name, reader in readers.items():
            vectors = np.stack([_vector(reader, name, number) for number in block.column(name).to_pylist()])
            of_type, place = schema.field(name).type, schema.get_field_index(name)
            column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), type=of_type)
            block = block.set_column(place, schema.field(name), column)
        yield block.cast(schema)


def _vector(reader: VectorReader, field: str, number: int) -> Any:
    return reader.read(StoredVector(_files[number >> ROW_BITS], field, number & ((1 << ROW_BITS) - 1)))


def stream_vectors() -> None:
    """Let the engine of this process merge files this way."""
    compaction.read_data_file, compaction.write_data_file = read, write
