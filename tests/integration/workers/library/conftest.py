"""One mesh for all tests of the library worker, emptied between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harness.library_mesh import LibraryMesh, LibraryWorker
from tests.harness.music import Music


@pytest.fixture(scope="package")
def shared_mesh() -> Iterator[LibraryMesh]:
    mesh = LibraryMesh()
    yield mesh
    mesh.close()


@pytest.fixture
def mesh(shared_mesh: LibraryMesh) -> Iterator[LibraryMesh]:
    """Broker, search and the model `spectral`; nothing is embedded."""
    shared_mesh.reset()
    yield shared_mesh
    shared_mesh.model.gate.set()


@pytest.fixture
def music(tmp_path: Path) -> Music:
    """An empty library."""
    return Music(tmp_path / "navidrome")


MakeLibrary = Callable[..., LibraryWorker]


@pytest.fixture
def make_library(mesh: LibraryMesh, music: Music, tmp_path: Path) -> Iterator[MakeLibrary]:
    """Starts library workers on `music`; kills them at the end."""
    workers: list[LibraryWorker] = []

    def make(**settings: str) -> LibraryWorker:
        workers.append(LibraryWorker(mesh, music, tmp_path / "data", **settings))
        return workers[-1]

    yield make
    for worker in workers:
        worker.kill()
