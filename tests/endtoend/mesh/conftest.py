"""Meshes that several tests share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import demo
from tests.harness.supervised import SupervisedMesh


@pytest.fixture(scope="session")
def mesh(demo_library: demo.DemoLibrary, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SupervisedMesh]:
    """A running mesh on the demo library; its first job is over. Tests leave it as they found it."""
    mesh = SupervisedMesh(tmp_path_factory.mktemp("k", numbered=True), NAVIDROME_DB_PATH=demo_library.database)
    first = mesh.json("run")
    assert first["job"]["status"] == "completed_with_errors"
    yield mesh
    mesh.close()


MakeMesh = Callable[..., SupervisedMesh]


@pytest.fixture
def make_mesh() -> Iterator[MakeMesh]:
    """Makes project folders with a space in their path; stops and removes them at the end."""
    meshes: list[SupervisedMesh] = []

    def make(**settings: str | int | Path) -> SupervisedMesh:
        mesh = SupervisedMesh(Path(tempfile.mkdtemp(prefix="sm h ")), **settings)
        meshes.append(mesh)
        return mesh

    yield make
    for mesh in meshes:
        mesh.close()
        shutil.rmtree(mesh.folder, ignore_errors=True)
