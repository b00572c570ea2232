"""A real gateway with a real broker and stand-in services, each in a process of its own."""

from __future__ import annotations

import http.client
import json
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broker.client import MeshClient
from tests.harness.mesh import Mesh, eventually, workers_of

#: Seconds that one HTTP exchange may take on a loaded machine.
TIMEOUT = 60.0
USER = {"user_id": "u1", "user_name": "alice"}


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The error code; checks that the body has the shape of all errors."""
        value = self.json
        assert set(value["error"]) == {"code", "message", "detail"}, value
        assert value["message"] == value["error"]["message"] != ""
        return str(value["error"]["code"])

    @property
    def field(self) -> str:
        """The path of the field that was refused."""
        assert self.code == "invalid_request"
        return str(self.json["error"]["detail"]["field"])


class House:
    """Broker, services and gateway of a test module."""

    def __init__(self, mesh: Mesh, folder: Path) -> None:
        self.mesh = mesh
        self.folder = folder
        self.port, self.text_port = free_port(), free_port()
        mesh.environment |= {
            "NAVIDROME_RECOMMENDER_PORT": str(self.port),
            "TEXT_EMBEDDING_PORT": str(self.text_port),
            "SONICMESH_EXPECTED_SERVICES": "search,library",
        }
        self.broker = mesh.broker()
        self.client = MeshClient(mesh.endpoint)
        self.gateway: subprocess.Popen[bytes] | None = None

    def serve(self, *services: str) -> dict[str, subprocess.Popen[bytes]]:
        """Stand-in services, registered."""
        started = {s: self.mesh.spawn("-m", "tests.harness.gateway_services", s, str(self.folder)) for s in services}
        for service in services:
            self.wait_for(service)
        return started

    def wait_for(self, service: str) -> None:
        eventually(lambda: workers_of(self.client, service), f"{service} is there")

    def open(self, **environment: str) -> None:
        """The gateway, answering."""
        self.mesh.environment |= environment
        self.gateway = self.mesh.spawn("-m", "gateway")
        eventually(self._answers, "the gateway answers")

    def _answers(self) -> bool:
        assert self.gateway is not None
        assert self.gateway.poll() is None, "the gateway ended"
        try:
            return self.get("/healthz").status == 200
        except OSError:
            return False

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> Answer:
        """One exchange on a fresh connection."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=TIMEOUT)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, headers=headers)

    def post(self, path: str, value: Any = None, **headers: str) -> Answer:
        """JSON in; bytes are sent as they are; None: no body."""
        body = value if isinstance(value, bytes) or value is None else json.dumps(value).encode()
        return self.request("POST", path, body, {"Content-Type": "application/json", **headers})

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

    def close(self) -> None:
        self.client.close()
        self.mesh.stop()


@contextmanager
def house(*services: str, **environment: str) -> Iterator[House]:
    """A running gateway, in a folder whose name is short enough for a unix socket."""
    folder = Path(tempfile.mkdtemp(prefix="sm"))
    home = House(Mesh(folder), folder)
    try:
        home.serve(*services)
        home.open(**environment)
        eventually(lambda: "library" not in services or home.get("/models").status == 200, "models are known")
        yield home
    finally:
        home.close()
        shutil.rmtree(folder)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def raw(port: int, request: bytes) -> Answer:
    """The answer to exactly these bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as connection:
        connection.sendall(request)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return Answer(response.status, dict(response.getheaders()), response.read())


def end(process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> int:
    process.send_signal(number)
    return process.wait(timeout=30)
