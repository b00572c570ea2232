"""The published weights: `make test` installs their wheel."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.models.musicnn.files import Weights, from_folder
from workers.models.musicnn.locations import installed
from workers.models.musicnn.taggers import Taggers


@pytest.fixture(scope="session")
def package() -> Path:
    """The installed wheel's folder."""
    found = installed()
    assert found is not None, "the wheel is not installed: pip install --no-deps musicnn"
    return found


@pytest.fixture(scope="session")
def weights(package: Path) -> Weights:
    """Living filters of both taggers."""
    return from_folder(package)


@pytest.fixture(scope="session")
def ear(weights: Weights) -> Taggers:
    """Both taggers, ready."""
    return Taggers(weights)
