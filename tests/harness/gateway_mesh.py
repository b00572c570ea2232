"""A real gateway with a real broker and stand-in services, each in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.ports import free_port
from tests.harness.http import JSON, Answer, answers, exchange
from tests.harness.mesh import Mesh
from tests.harness.processes import Process, end
from tests.harness.waiting import eventually

USER = {"user_id": "u1", "user_name": "alice"}


class GatewayMesh(Mesh):
    """Broker, services and gateway of a test module; `serving` starts them all."""

    def __init__(self, folder: Path | None = None) -> None:
        self.port, self.text_port = free_port(), free_port()
        super().__init__(
            folder,
            NAVIDROME_RECOMMENDER_PORT=str(self.port),
            TEXT_EMBEDDING_PORT=str(self.text_port),
            SONICMESH_EXPECTED_SERVICES="search,library",
        )
        self.gateway: Process | None = None

    def serve(self, *services: str) -> dict[str, Process]:
        """Stand-in services, registered."""
        started = {s: self.spawn("-m", "tests.harness.gateway_services", s, str(self.folder)) for s in services}
        for service in services:
            self.wait_for(service)
        return started

    def open(self, **environment: str) -> None:
        """The gateway, answering."""
        self.environment |= environment
        self.gateway = self.spawn("-m", "gateway")
        eventually(self._answers, "the gateway answers")

    def gateway_restart(self) -> None:
        """Another process on the same ports; nothing but the data folder remains."""
        assert self.gateway is not None
        end(self.gateway)
        self.open()

    def _answers(self) -> bool:
        assert self.gateway is not None
        assert self.gateway.poll() is None, "the gateway ended"
        return answers(self.port)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> Answer:
        """One exchange on a fresh connection."""
        return exchange(port or self.port, method, path, body, headers)

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, headers=headers)

    def post(self, path: str, value: Any = None, **headers: str) -> Answer:
        """JSON in; bytes are sent as they are; None: no body."""
        body = value if isinstance(value, bytes) or value is None else json.dumps(value).encode()
        return self.request("POST", path, body, JSON | headers)

    def playlist(self, **fields: Any) -> Answer:
        return self.post("/playlist/recent", {**USER, **fields})

    def tell(self, command: str, value: object = "") -> None:
        """A command for the services; empty: take it back."""
        (self.folder / command).write_text(str(value))

    def calls(self, service: str, op: str, kind: str = "calls") -> list[dict[str, Any]]:
        """The calls that the service has received so far."""
        path = self.folder / f"{kind}-{service}.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [call for call in map(json.loads, lines) if call["op"] == op]

    def last(self, service: str, op: str) -> dict[str, Any]:
        """Params of the last call."""
        params: dict[str, Any] = self.calls(service, op)[-1]["params"]
        return params

    def publish(self, topic: str, times: int = 1, **fields: Any) -> None:
        self.client.call("library", "publish", {"topic": topic, "fields": fields, "times": times})


@contextmanager
def serving(*services: str, **environment: str) -> Iterator[GatewayMesh]:
    """Stand-in services and the gateway, up and answering."""
    with GatewayMesh() as mesh:
        mesh.serve(*services)
        mesh.open(**environment)
        eventually(lambda: "library" not in services or mesh.get("/models").status == 200, "models are known")
        yield mesh
