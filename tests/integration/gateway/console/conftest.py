"""What the tests of the console share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.people_mesh import database_with_everybody


@pytest.fixture(scope="session")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with alice, bob, carol, dave and admin."""
    return database_with_everybody(tmp_path_factory.mktemp("console"))
