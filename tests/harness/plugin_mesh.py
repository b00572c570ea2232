"""Broker, search, library and gateway, each a real process, on a library of known neighbours."""

from __future__ import annotations

import http.client
import json
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from broker.client import MeshClient
from tests.harness.library_mesh import eventually
from tests.harness.listeners import Listeners
from tests.harness.mesh import Mesh, workers_of
from tests.harness.supervised import free_port

#: Seconds that one request of a test may take on a loaded machine.
PATIENCE_S = 60.0


def request(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
    """Status and JSON of one exchange with the gateway on a port."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request(method, path, body or None, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def answers(port: int) -> bool:
    try:
        return request(port, "GET", "/healthz")[0] == 200
    except OSError:
        return False


def ask(port: int, function: str, given: Any) -> Any:
    """Answer of a function that succeeds; retried, as a busy machine may take longer than its second."""

    def answered() -> tuple[int, Any] | None:
        found = request(port, "POST", f"/plugin/{function}", json.dumps(given).encode())
        return None if found[0] in {503, 504} else found

    status, answer = eventually(answered, f"an answer of {function}")
    assert status == 200, answer
    return answer


@contextmanager
def stopped(*processes: subprocess.Popen[bytes]) -> Iterator[None]:
    """They hang."""
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGCONT)


class House:
    """The mesh of one test module."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port = free_port()
        self.music = Listeners(folder / "navidrome")
        self.music.fill()
        self.mesh = Mesh(
            folder,
            NAVIDROME_DB_PATH=str(self.music.database),
            NAVIDROME_RECOMMENDER_PORT=str(self.port),
            TEXT_EMBEDDING_PORT=str(free_port()),
            SONICMESH_LIBRARY_POLL_S="0.2",
            SONICMESH_AUTO_EMBED="false",
            SONICMESH_EXPECTED_SERVICES="search,library",
            NAVIDROME_EMBED_SOCKET=str(folder / "upload.sock"),
            **environment,
        )
        self.broker = self.mesh.broker()
        self.client = MeshClient(self.mesh.endpoint)
        self.search = self.worker("search")
        self.library = self.worker("library")
        self.gateway = self.mesh.spawn("-m", "gateway")
        self.music.embed(self.client)
        eventually(self._filled, "the library knows its tracks")
        eventually(lambda: answers(self.port), "the gateway answers")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def worker(self, service: str) -> subprocess.Popen[bytes]:
        """One worker process, registered."""
        process = self.mesh.spawn("-m", "workers", service, "--name", service)
        eventually(lambda: workers_of(self.client, service), f"{service} is there")
        return process

    def _filled(self) -> bool:
        status = self.client.call("library", "library.status").result
        return bool(status["state"] == "ready" and status["tracks"] == len(self.music.everything))

    def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
        """Status and JSON of one exchange."""
        return request(self.port, method, path, body, **headers)

    def text(self, path: str) -> str:
        """Body of a page."""
        with urllib.request.urlopen(self.url + path, timeout=PATIENCE_S) as response:
            body: bytes = response.read()
        return body.decode()

    def ask(self, function: str, given: Any) -> Any:
        """Answer of a function that succeeds."""
        return ask(self.port, function, given)

    def second_gateway(self, **environment: str) -> str:
        """The address of another gateway on the same mesh, with other settings."""
        port = free_port()
        ports = {"NAVIDROME_RECOMMENDER_PORT": str(port), "TEXT_EMBEDDING_PORT": str(free_port())}
        kept = self.mesh.environment
        self.mesh.environment = kept | ports | {"NAVIDROME_EMBED_SOCKET": "off"} | environment
        self.mesh.spawn("-m", "gateway")
        self.mesh.environment = kept
        eventually(lambda: answers(port), "the second gateway answers")
        return f"http://127.0.0.1:{port}"

    def close(self) -> None:
        self.client.close()
        self.mesh.stop()


@contextmanager
def running_house(**environment: str) -> Iterator[House]:
    """A house in a folder whose name is short enough for a unix socket."""
    folder = Path(tempfile.mkdtemp(prefix="sm"))
    house = House(folder, **environment)
    try:
        yield house
    finally:
        house.close()
        shutil.rmtree(folder, ignore_errors=True)
