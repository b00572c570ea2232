"""What tests of several folders share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import demo

# Properties are never timed: the machine may be busy with other things.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def demo_library() -> Iterator[demo.DemoLibrary]:
    """The whole demo library, built once; nobody changes it."""
    folder = Path(tempfile.mkdtemp(prefix="sm demo "))
    yield demo.build(folder)
    shutil.rmtree(folder)
