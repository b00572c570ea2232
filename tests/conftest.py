"""What tests of several folders share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import demo


@pytest.fixture(scope="session")
def demo_library() -> Iterator[demo.DemoLibrary]:
    """The whole demo library, built once; nobody changes it."""
    folder = Path(tempfile.mkdtemp(prefix="sm demo "))
    yield demo.build(folder)
    shutil.rmtree(folder)
