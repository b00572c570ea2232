"""One mesh for all tests of people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.people_mesh import PeopleMesh, database_with_everybody


@pytest.fixture(scope="session")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with alice, bob, carol, dave and admin."""
    return database_with_everybody(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="package")
def shared_people(everybody: Path) -> Iterator[PeopleMesh]:
    mesh = PeopleMesh(everybody, SONICMESH_CORS_ORIGINS="https://music.example.org")
    mesh.fill_all()
    yield mesh
    mesh.close()


@pytest.fixture
def people(shared_people: PeopleMesh) -> PeopleMesh:
    """Nobody has played anything yet."""
    shared_people.forget()
    return shared_people
