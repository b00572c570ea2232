"""Fixtures that tests of several folders share."""

from __future__ import annotations

import os
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


#: The mask of file modes that the tests were started with.
_UMASK = os.umask(0o077)
os.umask(_UMASK)


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """A command that runs within the tests' process closes its files to others; no other test inherits that."""
    os.umask(_UMASK)
    yield
    os.umask(_UMASK)


@pytest.fixture(scope="session")
def demo_library() -> Iterator[demo.DemoLibrary]:
    """The whole demo library, built once; nobody changes it."""
    folder = Path(tempfile.mkdtemp(prefix="sm demo "))
    yield demo.build(folder)
    shutil.rmtree(folder)
