"""One gateway for all tests that leave it as they found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.gateway_mesh import GatewayMesh, serving

COMMANDS = ("slow-search", "slow-text", "search-error", "library-waits", "filled", "text-muq")


@pytest.fixture(scope="session")
def shared_mesh() -> Iterator[GatewayMesh]:
    with serving(
        "search",
        "library",
        "embed.muq",
        "embed.spectral",
        SONICMESH_RATE_PER_USER="0",
        SONICMESH_RATE_PER_ADDRESS="0",
        SONICMESH_BODY_SECONDS="4",
    ) as mesh:
        yield mesh


@pytest.fixture
def mesh(shared_mesh: GatewayMesh) -> Iterator[GatewayMesh]:
    """Services do what they always do, before and after."""
    yield shared_mesh
    for command in COMMANDS:
        shared_mesh.tell(command)
