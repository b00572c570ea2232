"""Homes of stopped meshes, with real stores and a real `state.db`."""

from __future__ import annotations

import os
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
import orjson
import pytest

from broker.vectors import Vectors
from cli.backup.progress import Bars, bars
from contract.settings import load_settings
from tests.harness.supervised import OURS
from tests.harness.vectors import random_unit, rows
from tests.integration.workers.search.conftest import empty as milvus_server
from tests.integration.workers.search.conftest import server
from workers.library.backup.source import opened
from workers.library.state.database import StateDatabase
from workers.library.uploads.waiting_vectors import WaitingVector, WaitingVectors
from workers.search.settings import SearchSettings

__all__ = ["milvus_server", "server"]

#: Model, collection, values of a stored vector, values at the API (the last is projected).
STORED = (("spectral", "spectral_embedding", 96, 96), ("mert", "mert_embedding", 512, 76800))
COUNT = 40

Enter = Callable[[str], SearchSettings]


@pytest.fixture
def enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Enter:
    """Makes the folder of that name the project's; returns its settings."""
    for name in [name for name in os.environ if name.startswith(OURS)]:
        monkeypatch.delenv(name)

    def home(name: str) -> SearchSettings:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        monkeypatch.setenv("SONICMESH_HOME", str(folder))
        return load_settings(SearchSettings)

    return home


@pytest.fixture
def quiet() -> Iterator[Bars]:
    with bars(quiet=True) as shown:
        yield shown


def fill(settings: SearchSettings, seed: int = 0) -> None:
    """Two models' vectors, raw and not of length 1, and somebody's settings."""
    with opened(settings) as store:
        for _, collection, stored, dimension in STORED:
            store.upsert(collection, rows(COUNT), 7.3 * random_unit(COUNT, stored, seed), dimension)
    state = StateDatabase(settings.data)
    with state.write() as connection:
        connection.execute("INSERT INTO preference VALUES ('u1', 'anna', '{\"mix_length\": 33}', 1.5)")
    state.close()


def wait_for_upload(settings: SearchSettings) -> WaitingVector:
    """A vector of an upload that Navidrome does not show yet."""
    vector = WaitingVector("audio-1", "spectral", "spectral-1", 2, b"\1" * 8, 12.5, "", "", time.time())
    waiting = WaitingVectors(settings.data)
    waiting.put(vector)
    waiting.close()
    return vector


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A ZIP archive."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def repacked(file: Path, renamed: Mapping[str, str]) -> bytes:
    """A backup whose members have other names, also in its manifest."""
    with zipfile.ZipFile(file) as archive:
        members = {renamed.get(name, name): archive.read(name) for name in archive.namelist()}
    manifest = orjson.loads(members["manifest.json"])
    manifest["members"] = {renamed.get(name, name): member for name, member in manifest["members"].items()}
    return zipped(members | {"manifest.json": orjson.dumps(manifest)})


def contents(settings: SearchSettings) -> dict[str, tuple[list[str], Vectors, int]]:
    """Ids, vectors and dimension at the API by collection."""
    found = {}
    with opened(settings) as store:
        for collection, status in store.status().items():
            page, _ = store.scan(collection, None, 1000)
            ids = [row.track_id for row in page]
            assert store.lookup(collection, ids).rows == page
            found[collection] = ids, store.lookup(collection, ids).vectors, status.dimension
    return found


def same(left: dict[str, tuple[list[str], Vectors, int]], right: dict[str, tuple[list[str], Vectors, int]]) -> bool:
    """Whether two contents are equal, bit for bit."""
    return left.keys() == right.keys() and all(
        left[name][0] == right[name][0]
        and np.array_equal(left[name][1], right[name][1])
        and left[name][2] == right[name][2]
        for name in left
    )
