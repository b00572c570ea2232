"""Broker, search, library and gateway, each a real process, on a library of known neighbours."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from bench.ports import free_port
from tests.harness.http import TIMEOUT, answers, request
from tests.harness.listeners import Listeners
from tests.harness.mesh import Mesh
from tests.harness.waiting import eventually


def ask(port: int, function: str, given: Any) -> Any:
    """Answer of a function that succeeds; retried, as a busy machine may take longer than its second."""

    def answered() -> tuple[int, Any] | None:
        found = request(port, "POST", f"/plugin/{function}", json.dumps(given).encode())
        return None if found[0] in {503, 504} else found

    status, answer = eventually(answered, f"an answer of {function}")
    assert status == 200, answer
    return answer


class PluginMesh(Mesh):
    """The mesh of one test module."""

    def __init__(self, **environment: str) -> None:
        self.port = free_port()
        super().__init__(
            NAVIDROME_RECOMMENDER_PORT=str(self.port),
            TEXT_EMBEDDING_PORT=str(free_port()),
            SONICMESH_LIBRARY_POLL_S="0.2",
            SONICMESH_AUTO_EMBED="false",
            SONICMESH_EXPECTED_SERVICES="search,library",
            **environment,
        )
        with self.closed_on_failure():
            self._start()

    def _start(self) -> None:
        self.music = Listeners(self.folder / "navidrome")
        self.music.fill()
        self.environment |= {
            "NAVIDROME_DB_PATH": str(self.music.database),
            "NAVIDROME_EMBED_SOCKET": str(self.folder / "upload.sock"),
        }
        self.search = self.start_worker("search")
        self.library = self.start_worker("library")
        self.gateway = self.spawn("-m", "gateway")
        self.music.embed(self.client)
        eventually(self._filled, "the library knows its tracks")
        eventually(lambda: answers(self.port), "the gateway answers")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _filled(self) -> bool:
        status = self.client.call("library", "library.status").result
        return bool(status["state"] == "ready" and status["tracks"] == len(self.music.everything))

    def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
        """Status and JSON of one exchange."""
        return request(self.port, method, path, body, **headers)

    def text(self, path: str) -> str:
        """Body of a page."""
        with urllib.request.urlopen(self.url + path, timeout=TIMEOUT) as response:
            body: bytes = response.read()
        return body.decode()

    def ask(self, function: str, given: Any) -> Any:
        """Answer of a function that succeeds."""
        return ask(self.port, function, given)

    def second_gateway(self, **environment: str) -> str:
        """The address of another gateway on the same mesh, with other settings."""
        port = free_port()
        ports = {"NAVIDROME_RECOMMENDER_PORT": str(port), "TEXT_EMBEDDING_PORT": str(free_port())}
        self.spawn("-m", "gateway", **ports, **{"NAVIDROME_EMBED_SOCKET": "off"} | environment)
        eventually(lambda: answers(port), "the second gateway answers")
        return f"http://127.0.0.1:{port}"
