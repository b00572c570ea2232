"""What the browser tests run against: a real Navidrome, three people, a real mesh, and gateways beside its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.ports import free_port
from tests.endtoend.console import music
from tests.endtoend.navidrome.server import Navidrome, Person, running
from tests.harness.mesh import workers_of
from tests.harness.places import REPOSITORY
from tests.harness.processes import kill
from tests.harness.supervised import SupervisedMesh
from tests.harness.waiting import eventually

VERSION = "0.63.2"
#: Seconds within which a mesh on a loaded machine has embedded the library, and within which a gateway starts.
EMBED_S, START_S = 240.0, 60.0
#: Tracks that everybody has played.
PLAYS = 25
ENDED = ("completed", "completed_with_errors", "failed", "cancelled")
#: The header in which the tests' reverse proxy names a person.
PROXY_HEADER = "Remote-User"


@dataclass(frozen=True)
class World:
    """Alice sees both libraries, bob only the first, admin all of them; everybody's password is `<name>pw`."""

    navidrome: Navidrome
    mesh: SupervisedMesh
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.mesh.port}/"

    @property
    def people(self) -> dict[str, Person]:
        return self.navidrome.people

    def progress(self) -> dict[str, Any]:
        """The mesh's last job."""
        with self.mesh.connect() as client:
            found: dict[str, Any] = client.call("library", "batch.progress").result
            return found

    def job_ended(self) -> dict[str, Any]:
        """The mesh's last job, once it has ended."""
        found: dict[str, Any] = eventually(lambda: (job := self.progress())["status"] in ENDED and job, seconds=EMBED_S)
        return found

    @contextmanager
    def hanging(self, process: str) -> Iterator[None]:
        """One of the mesh's processes does nothing meanwhile (SIGSTOP): a job cannot end before a test has seen it."""
        pid = self.mesh.pids()[process]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def kill_worker(self) -> None:
        """`kill -9` of the model worker, once it is registered: nobody would miss one that is still on its way back."""
        with self.mesh.connect() as client:
            eventually(lambda: workers_of(client, "embed.spectral"), "the worker is registered")
        kill(self.mesh.pids()["spectral_01"])

    def restart_gateway(self) -> None:
        """Stop the gateway and start it; returns once it answers again."""
        self.mesh.supervisorctl("restart", "gateway")
        eventually(lambda: answers(self.url), seconds=START_S)


def answers(url: str) -> bool:
    """Whether a gateway is there."""
    try:
        with urllib.request.urlopen(f"{url}healthz", timeout=10) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@contextmanager
def running_world(
    folder: Path, songs: Path | None = None, hidden: Path | None = None, **settings: str
) -> Iterator[World]:
    """Everything is scanned, heard and embedded: the tests' own music, or that of two folders that may change.

    `settings`: of the mesh.
    """
    if songs is None or hidden is None:
        songs = music.write(folder / "music", music.library())
        music.write_broken(songs)
        hidden = music.write(folder / "hidden", music.secrets())
    trusting = {"ND_EXTAUTH_TRUSTEDSOURCES": "127.0.0.1/32", "ND_EXTAUTH_USERHEADER": PROXY_HEADER}
    with running(VERSION, folder, songs, **trusting) as navidrome:
        navidrome.admin.api("POST", "/api/library", {"name": "Hidden", "path": str(hidden)})
        eventually(lambda: {song["libraryId"] for song in navidrome.admin.songs()} == {1, 2}, seconds=EMBED_S)
        navidrome.scanned()
        navidrome.add_user("alice", 1, 2)
        navidrome.add_user("bob", 1)
        for person in navidrome.people.values():
            listen(person)
        with _mesh(navidrome, folder / "m", **settings) as mesh:
            world = World(navidrome, mesh, folder)
            world.job_ended()
            yield world


def listen(person: Person) -> None:
    """Plays and a few stars of the library that everybody sees."""
    heard = [song for song in person.songs() if song["libraryId"] == 1 and song["duration"] > 1]
    for place, song in enumerate(heard[:: max(1, len(heard) // PLAYS)][:PLAYS]):
        person.play(song["id"], 0.1 + place / 10)
    person.rest("star", id=[song["id"] for song in heard[2:12:3]])


@contextmanager
def _mesh(navidrome: Navidrome, folder: Path, **settings: str) -> Iterator[SupervisedMesh]:
    mesh = SupervisedMesh(
        folder,
        NAVIDROME_DB_PATH=navidrome.database,
        NAVIDROME_URL=navidrome.url,
        # Texts have vectors, though no model that reads is on this machine.
        **{"TEXT_EMBEDDING_USE_STUBS": "true", **settings},
        SONICMESH_PROXY_USER_HEADER=PROXY_HEADER,
        SONICMESH_PROXY_TRUSTED="127.0.0.1",
    )
    try:
        mesh.json("run", "--no-wait")
        eventually(lambda: answers(f"http://127.0.0.1:{mesh.port}/"), seconds=START_S)
        yield mesh
    finally:
        mesh.close()


@contextmanager
def gateway_beside(world: World, base: str = "", **settings: str) -> Iterator[str]:
    """Another gateway of the same mesh, set differently; its address, with the path that it lies below."""
    port = free_port()
    own = {"NAVIDROME_RECOMMENDER_PORT": str(port), "TEXT_EMBEDDING_PORT": str(free_port())}
    environment = world.mesh.environment() | own | {"PYTHONPATH": os.fspath(REPOSITORY)} | settings
    command = [sys.executable, "-m", "gateway"]
    with (world.folder / f"gateway-{port}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=world.mesh.folder,
            env=environment,
            stdout=log,
            stderr=log,
        )
    address = f"http://127.0.0.1:{port}/{base}"
    try:
        eventually(lambda: answers(address), seconds=START_S)
        yield address
    finally:
        process.terminate()
        process.wait(START_S)
