"""Fixtures that tests of several folders share."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq
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


def _left_open(context: zmq.Context[Any]) -> None:
    if not context.closed:
        warnings.warn(f"a test left {context} open", ResourceWarning, source=context, stacklevel=2)


@pytest.fixture(autouse=True, scope="session")
def contexts() -> Iterator[None]:
    """A context that a failed test left open must not stop the run: on collection pyzmq waits for its sockets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zmq.Context, "__del__", _left_open)
        yield


@pytest.fixture(scope="session")
def demo_library() -> Iterator[demo.DemoLibrary]:
    """The whole demo library, built once; nobody changes it."""
    folder = Path(tempfile.mkdtemp(prefix="sm demo "))
    yield demo.build(folder)
    shutil.rmtree(folder)
