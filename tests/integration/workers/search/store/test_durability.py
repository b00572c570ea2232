"""What survives a SIGKILL, a restart, a stale or broken index file, another process."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from contract.errors import StoreUnavailable
from tests.harness.vectors import random_unit, rows
from tests.harness.waiting import eventually
from tests.integration.workers.search.store.writer import BATCH, COLLECTION, DIM
from workers.search.store.embedded import EmbeddedStore
from workers.search.store.index.graph import GraphSettings

#: A graph from the first rows on, small so that it is built at once.
SMALL_GRAPH = GraphSettings(m=8, ef_construction=32, ef=64, from_values=DIM)


def start_writer(path: Path, first: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.integration.workers.search.store.writer", str(path), str(first)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def kill_after(process: subprocess.Popen[str], lines: int) -> list[int]:
    """Numbers of the lines the process wrote until it was killed, negative for deletes."""
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(lines)]
    process.send_signal(signal.SIGKILL)
    said += process.stdout.read().splitlines()
    process.wait()
    return [int(line) if line.startswith("+") else -int(line[1:]) - 1 for line in map(str.strip, said) if line]


def everything(store: EmbeddedStore) -> dict[str, bytes]:
    """Vectors by track id, rounded."""
    page, _ = store.scan(COLLECTION, None, 100_000)
    found = store.lookup(COLLECTION, [row.track_id for row in page])
    return {row.track_id: np.round(vector, 4).tobytes() for row, vector in zip(found.rows, found.vectors, strict=True)}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("room", [0, 50_000])
def test_a_full_disk_loses_nothing_it_acknowledged(small_disk: Path, room: int) -> None:
    """Milvus Lite forgets what it had in memory when a flush fails, and cannot read on behind a torn write."""
    # Given rows that are not flushed yet, and a disk that is full, or is soon
    path, ballast = small_disk / "milvus.db", small_disk / "ballast"
    store = EmbeddedStore(path)
    first, more, last = (random_unit(40, DIM, seed=n) for n in range(3))
    store.upsert(COLLECTION, rows(120)[:40], first, DIM)
    ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - room))
    # When it is written to, and flushed
    acknowledged = [*rows(120)[:40]]
    for start in range(40, 80):
        try:
            store.upsert(COLLECTION, rows(120)[start : start + 1], more[start - 40 : start - 39], DIM)
        except StoreUnavailable as error:
            assert "no room" in error.message
            assert error.detail == {"path": str(path)}
        else:
            acknowledged.append(rows(120)[start])
    with pytest.raises(StoreUnavailable, match="no room"):
        store.flush()
    # When there is room again
    ballast.unlink()
    store.upsert(COLLECTION, rows(120)[80:], last, DIM)
    expected = {row.track_id for row in (*acknowledged, *rows(120)[80:])}
    vectors = store.lookup(COLLECTION, sorted(expected)).vectors
    assert set(everything(store)) == expected
    store.flush()
    copy = small_disk.with_name("copy")  # as a killed process leaves it
    shutil.copytree(small_disk, copy)
    store.close()
    # Then all that was acknowledged is there, and nothing else
    for left in (copy / path.name, path):
        again = EmbeddedStore(left)
        assert set(everything(again)) == expected
        assert np.allclose(again.lookup(COLLECTION, sorted(expected)).vectors, vectors, atol=1e-6)
        again.close()


def test_a_killed_process_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    path, first = tmp_path / "milvus.db", 0
    written: set[int] = set()
    deleted: set[int] = set()
    for lines in (3, 17, 40):
        for number in kill_after(start_writer(path, first), lines):
            if number >= 0:
                written.update(range(number, number + BATCH))
                first = max(first, number + BATCH)
            else:
                deleted.add(-number - 1)
        # When it is opened again, the lock of the dead is no obstacle
        store = EmbeddedStore(path)
        there = {int(track_id[1:]) for track_id in everything(store)}
        store.close()
        # Then all that was acknowledged is there, what was deleted is not; one write may have been under way
        assert (written - deleted) - there <= {first}
        assert not (deleted & there)
        assert len(there - written) <= BATCH


def test_a_second_open_says_who_is_in_the_way_and_close_lets_go(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path / "milvus.db")
    with pytest.raises(StoreUnavailable, match="another process"):
        EmbeddedStore(tmp_path / "milvus.db")
    store.close()
    EmbeddedStore(tmp_path / "milvus.db").close()
    assert (tmp_path / "milvus.db").is_dir()


def test_another_process_is_kept_out_too(tmp_path: Path) -> None:
    writer = start_writer(tmp_path / "milvus.db", 0)
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "+0\n"
        with pytest.raises(StoreUnavailable, match="another process"):
            EmbeddedStore(tmp_path / "milvus.db")
    finally:
        kill_after(writer, 0)


def test_a_path_that_cannot_be_a_folder_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        EmbeddedStore(tmp_path / "file" / "milvus.db")


@pytest.mark.parametrize("graph", [GraphSettings(), SMALL_GRAPH], ids=["flat", "graph"])
def test_a_restart_reads_the_saved_index(tmp_path: Path, graph: GraphSettings) -> None:
    path = tmp_path / "milvus.db"
    store = EmbeddedStore(path, graph)
    store.upsert(COLLECTION, rows(300), random_unit(300, DIM), DIM)
    store.delete(["t000007"])
    eventually(lambda: not store.busy())
    before = everything(store)
    store.close()
    again = EmbeddedStore(path, graph)
    assert everything(again) == before
    assert again.rows_read == 0
    assert ("HNSW" in again.status()[COLLECTION].index) == (graph is SMALL_GRAPH)
    found = again.search(COLLECTION, random_unit(1, DIM), 5)
    assert "t000000" in {row.track_id for row in found.rows}
    again.close()


def test_only_the_difference_is_read_after_a_kill(tmp_path: Path) -> None:
    # Given a saved index, and writes and deletes after it
    path, saved = tmp_path / "milvus.db", tmp_path / "saved"
    store = EmbeddedStore(path)
    store.upsert(COLLECTION, rows(200), random_unit(200, DIM), DIM)
    store.close()
    shutil.copytree(tmp_path / "milvus.db.index", saved)
    store = EmbeddedStore(path)
    store.upsert(COLLECTION, rows(10, start=195), random_unit(10, DIM, seed=1), DIM)
    store.delete(["t000003", "t000199"])
    expected = everything(store)
    store.close()
    # When the index of before is all that is left
    shutil.rmtree(tmp_path / "milvus.db.index")
    saved.rename(tmp_path / "milvus.db.index")
    store = EmbeddedStore(path)
    # Then nothing is missing, and only what changed was read
    assert everything(store) == expected
    assert store.rows_read == 9
    store.close()


def test_an_older_store_under_a_newer_index_is_noticed(tmp_path: Path) -> None:
    # Given a backup, then as many rows changed as there were
    path, backup = tmp_path / "milvus.db", tmp_path / "backup"
    store = EmbeddedStore(path)
    store.upsert(COLLECTION, rows(50), random_unit(50, DIM), DIM)
    expected = everything(store)
    store.close()
    shutil.copytree(path, backup)
    store = EmbeddedStore(path)
    store.upsert(COLLECTION, rows(20), random_unit(20, DIM, seed=2), DIM)
    store.close()
    # When the store is put back without its index
    shutil.rmtree(path)
    backup.rename(path)
    store = EmbeddedStore(path)
    assert everything(store) == expected
    store.close()


@pytest.mark.parametrize("damage", ["rows", "vectors", "graph", "all"])
def test_damaged_index_files_cost_time_and_nothing_else(tmp_path: Path, damage: str) -> None:
    path, folder = tmp_path / "milvus.db", tmp_path / "milvus.db.index"
    store = EmbeddedStore(path, SMALL_GRAPH)
    store.upsert(COLLECTION, rows(100), random_unit(100, DIM), DIM)
    eventually(lambda: not store.busy())
    expected = everything(store)
    store.close()
    (generation,) = folder.iterdir()
    for file in generation.iterdir():
        if file.name.startswith(damage):
            with file.open("r+b") as opened:
                opened.truncate(file.stat().st_size // 2)
    if damage == "all":
        shutil.rmtree(folder)
    store = EmbeddedStore(path, SMALL_GRAPH)
    assert everything(store) == expected
    assert store.rows_read == (0 if damage == "graph" else 100)
    store.close()


@pytest.mark.parametrize("graph", [GraphSettings(), SMALL_GRAPH], ids=["flat", "graph"])
def test_the_saved_index_may_be_deleted_while_it_is_used(tmp_path: Path, graph: GraphSettings) -> None:
    # Given a saved index that was opened
    path, count = tmp_path / "milvus.db", 5000  # a block of the vectors, and more
    store = EmbeddedStore(path, graph)
    store.upsert(COLLECTION, rows(count), random_unit(count, DIM), DIM)
    eventually(lambda: not store.busy())
    expected = everything(store)
    store.close()
    store = EmbeddedStore(path, graph)
    # When somebody deletes it, and more rows come
    shutil.rmtree(tmp_path / "milvus.db.index")
    assert everything(store) == expected
    store.upsert(COLLECTION, rows(3, start=count), random_unit(3, DIM, seed=1), DIM)
    eventually(lambda: not store.busy())
    expected = everything(store)
    store.close()
    # Then it is saved whole
    again = EmbeddedStore(path, graph)
    assert everything(again) == expected
    assert again.rows_read == 0
    again.close()


def test_a_half_built_generation_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "milvus.db"
    store = EmbeddedStore(path)
    store.upsert(COLLECTION, rows(3), random_unit(3, DIM), DIM)
    store.begin(COLLECTION, "job-1", DIM, DIM)
    store.upsert(COLLECTION, rows(2), random_unit(2, DIM, seed=1), DIM, "job-1")
    store.close()
    store = EmbeddedStore(path)
    assert store.status()[COLLECTION].generation == "g1"
    store.begin(COLLECTION, "job-1", DIM, DIM)
    assert len(store.lookup(COLLECTION, ["t000000", "t000001"], "job-1").rows) == 2
    store.switch(COLLECTION, "job-1")
    store.drop(COLLECTION, "g1")
    store.close()
    store = EmbeddedStore(path)
    assert store.status()[COLLECTION].generation == "job-1"
    assert store.stored_dimension(COLLECTION, "g1") is None
    store.close()
    assert [folder.name for folder in (tmp_path / "milvus.db.index").iterdir()] == [f"embedding__{DIM}__job_x2d_1"]


def test_replaced_rows_do_not_pile_up(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path / "milvus.db", SMALL_GRAPH)
    for seed in range(12):
        store.upsert(COLLECTION, rows(300), random_unit(300, DIM, seed), DIM)
    eventually(lambda: not store.busy())
    assert store.status()[COLLECTION].count == 300
    assert store.dead_rows(COLLECTION) < 600
    found = store.search(COLLECTION, random_unit(300, DIM, seed=11)[:5], 1)
    assert {row.track_id for row in found.rows} == {f"t{number:06}" for number in range(5)}
    store.close()


def test_the_record_is_a_milvus_store_for_others_too(tmp_path: Path) -> None:
    store = EmbeddedStore(tmp_path / "milvus.db")
    store.upsert(COLLECTION, [replace(rows(1)[0], title='a "title"'), *rows(4, start=1)], random_unit(5, DIM), DIM)
    store.close()
    script = (
        "import json, sys; from pymilvus import MilvusClient; client = MilvusClient(sys.argv[1]);"
        "print(json.dumps(client.query('embedding', filter='library_id == 1', output_fields=['title'], limit=9)))"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "milvus.db")],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        timeout=120,
    )
    assert {row["title"] for row in json.loads(done.stdout)} == {'a "title"', *(f"Title {n}" for n in range(1, 5))}


@pytest.mark.parametrize("pages", [0, 1, 2, 3, 4, 5])
def test_a_generation_begins_once_a_full_disk_has_room(small_disk: Path, pages: int) -> None:
    # Given an attempt that failed, at whichever of its files the disk was full
    path, ballast = small_disk / "milvus.db", small_disk / "ballast"
    store = EmbeddedStore(path)
    ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - pages * resource.getpagesize()))
    with suppress(StoreUnavailable):
        store.begin(COLLECTION, "g1", DIM, DIM)
    # When there is room
    ballast.unlink()
    store.begin(COLLECTION, "g1", DIM, DIM)
    # Then it takes rows
    store.upsert(COLLECTION, rows(3), random_unit(3, DIM), DIM, "g1")
    store.switch(COLLECTION, "g1")
    assert store.count(COLLECTION) == 3
    store.close()
