"""The console's gateway before a real Navidrome, and browsers of people with different libraries."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.ports import free_port
from tests.endtoend.navidrome.town import Town, job_ended, mesh_of, running_town
from tests.harness.browser import Browser
from tests.harness.http import TIMEOUT, Answer
from tests.harness.supervised import SupervisedMesh

TOKEN = "token-of-the-console"
#: Who sees which libraries; admin sees all of them.
PEOPLE = {"alice": (1, 2), "bob": (1,)}


@dataclass(frozen=True)
class Gate:
    """The gateway's port, for `Browser`."""

    port: int

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One exchange on a fresh connection; of an endless answer, only its head."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            endless = response.headers.get_content_type() == "text/event-stream"
            return Answer(response.status, dict(response.getheaders()), b"" if endless else response.read())
        finally:
            connection.close()


@dataclass(frozen=True)
class Shown:
    """The town, its mesh, and a browser for everybody, signed in."""

    town: Town
    mesh: SupervisedMesh
    browsers: Mapping[str, Browser]

    @property
    def gate(self) -> Gate:
        return Gate(self.mesh.port)

    def new(self, **headers: str) -> Browser:
        """A browser of nobody."""
        return Browser(self.gate, **headers)


@contextmanager
def running_console(folder: Path, **settings: str) -> Iterator[Shown]:
    """Everything is embedded; alice, bob, an admin and the operator are signed in."""
    with running_town("0.63.2", folder) as town:
        for name, libraries in PEOPLE.items():
            town.navidrome.add_user(name, *libraries)
        for name in PEOPLE:
            for place, song in enumerate(town.navidrome.people[name].songs()[:24]):
                town.navidrome.people[name].play(song["id"], 0.1 + place / 10)
        with mesh_of(town, folder / "k", free_port(), SONICMESH_TOKEN=TOKEN, **settings) as mesh:
            job_ended(mesh)
            gate = Gate(mesh.port)
            browsers = {name: Browser(gate) for name in ("alice", "bob", "admin", "operator")}
            for name in ("alice", "bob", "admin"):
                assert browsers[name].sign_in(name).status == 200
            assert browsers["operator"].sign_in_operator(TOKEN).status == 200
            yield Shown(town, mesh, browsers)
