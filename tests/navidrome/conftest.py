"""Servers and meshes that the tests of this folder share: each is started once, when the first test asks for it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.navidrome.fork import Fork, running_fork


@pytest.fixture(scope="session")
def fork() -> Iterator[Fork]:
    """The recommender fork and the mesh that it looks for, as `make run` has it."""
    folder = Path(tempfile.mkdtemp(prefix="smf"))
    try:
        with running_fork(folder) as fork:
            yield fork
    finally:
        shutil.rmtree(folder, ignore_errors=True)
