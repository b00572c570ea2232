"""The record's rows, wherever the engine has them: in its log, in one of several files, in a merged file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from broker.vectors import Vectors
from tests.harness.vectors import random_unit, rows
from workers.search.store.record import VECTOR, Record

DIM, COUNT, NAME = 16, 1300, "things"


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return random_unit(COUNT, DIM)


@pytest.fixture(params=["log", "files", "opened again"])
def record(request: pytest.FixtureRequest, vectors: Vectors, tmp_path: Path) -> Iterator[Record]:
    """Rows in six files, which the engine merges when it likes; one in ten deleted, one in ten replaced."""
    record, tracks = Record(tmp_path / "milvus.db"), rows(COUNT)
    record.create(NAME, DIM)
    for start in range(0, COUNT, 220):
        some = slice(start, start + 220)
        record.write(NAME, tracks[some], -vectors[some], 1 + start)
        if request.param != "log":
            record.flush(NAME)
            record.settle(NAME)
    record.write(NAME, tracks, vectors, 10_001)
    record.delete(NAME, [track.track_id for track in tracks[::10]])
    if request.param == "opened again":
        record.close()
        record = Record(tmp_path / "milvus.db")
    yield record
    record.close()


def fetched(record: Record, track_ids: list[str]) -> dict[str, tuple[bytes, int, str]]:
    found = {}
    for page, vectors, sequence in record.fetch(NAME, track_ids):
        for row, vector, number in zip(page, vectors, sequence, strict=True):
            found[row.track_id] = (vector.tobytes(), number, row.title)
    return found


def test_every_vector_is_read_as_it_was_written(record: Record, vectors: Vectors) -> None:
    # Given
    numbers = [number for number in range(COUNT) if number % 10]
    expected = {f"t{n:06}": (vectors[n].tobytes(), 10_001 + n, f"Title {n}") for n in numbers}
    # Then in the order of the record, in any order, and for rows that are gone
    assert record.count(NAME) == len(numbers)
    assert record.sequences(NAME) == {track: number for track, (_, number, _) in expected.items()}
    assert fetched(record, list(record.sequences(NAME))) == expected
    shuffled = np.random.default_rng(0).permutation(COUNT).tolist()
    assert fetched(record, [f"t{number:06}" for number in shuffled]) == expected
    assert fetched(record, ["t000000", "nobody"]) == {}
    assert fetched(record, []) == {}


def test_only_newer_rows_are_listed(record: Record) -> None:
    assert record.sequences(NAME, since=10_001 + COUNT - 2) == {
        f"t{number:06}": 10_001 + number for number in (COUNT - 2, COUNT - 1)
    }


def test_the_engine_has_no_vectors_in_memory(record: Record) -> None:
    record.flush(NAME)
    record.settle(NAME)
    segments = record._collection(NAME)._segments_snapshot()
    assert sum(segment.num_rows for segment in segments) >= COUNT - COUNT // 10
    for segment in segments:
        assert VECTOR not in segment.table.schema.names
        assert segment.vectors.size == 0
