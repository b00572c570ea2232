"""One mesh for all tests of the library worker, emptied between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harness.library_mesh import LibraryMesh, LibraryWorker
from tests.harness.music import Music


@pytest.fixture(scope="package")
def shared_house() -> Iterator[LibraryMesh]:
    house = LibraryMesh()
    yield house
    house.close()


@pytest.fixture
def house(shared_house: LibraryMesh) -> Iterator[LibraryMesh]:
    """Broker, search and the model `spectral`; nothing is embedded."""
    shared_house.reset()
    yield shared_house
    shared_house.model.gate.set()


@pytest.fixture
def music(tmp_path: Path) -> Music:
    """An empty library."""
    return Music(tmp_path / "navidrome")


MakeLibrary = Callable[..., LibraryWorker]


@pytest.fixture
def make_library(house: LibraryMesh, music: Music, tmp_path: Path) -> Iterator[MakeLibrary]:
    """Starts library workers on `music`; kills them at the end."""
    workers: list[LibraryWorker] = []

    def make(**settings: str) -> LibraryWorker:
        workers.append(LibraryWorker(house, music, tmp_path / "data", **settings))
        return workers[-1]

    yield make
    for worker in workers:
        worker.kill()
