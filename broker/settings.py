"""Settings of the broker's process."""

from __future__ import annotations

from contract.settings import MeshSettings, setting


class BrokerSettings(MeshSettings):
    """Settings that the broker needs besides the endpoints."""

    expected: str = setting(
        "SONICMESH_EXPECTED_SERVICES",
        "search,library",
        "services whose requests wait for a worker even if none has ever registered, separated by commas",
    )
    queue_limit: int = setting(
        "SONICMESH_QUEUE_LIMIT",
        1000,
        "most requests that may wait for one service; beyond that, callers get `busy`",
        ge=1,
    )
    queue_bytes: int = setting(
        "SONICMESH_QUEUE_BYTES",
        256 * 1024 * 1024,
        "most bytes of requests that the broker holds; beyond that, callers get `busy`",
        ge=1024,
    )

    @property
    def expected_services(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name.strip() for name in self.expected.split(",") if name.strip()))
