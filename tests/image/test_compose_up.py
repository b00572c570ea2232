"""What `docker compose up` would start, started: deploy/compose.yaml's own commands, variables, users and mounts.

Two things stand in for an engine: the containers are namespaces that the test makes (one network for all, with the
services' names), and in place of Navidrome's image its program runs with the mounts of its service.
"""

from __future__ import annotations

import json
import os
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.building import build_small
from demo.catalogue import LIBRARIES
from tests.endtoend.navidrome.binaries import binary
from tests.endtoend.navidrome.server import Person, Refusal, exchange
from tests.harness.compose import filled, mounts, read
from tests.harness.container import Container, Image
from tests.harness.netns import Network
from tests.harness.places import REPOSITORY
from tests.harness.waiting import eventually
from tests.image.test_image import NAME, PATIENCE, USER

VERSION = "0.63.2"
TOKEN = "a-token-from-a-secret-file"
#: What the image of Navidrome sets by itself.
NAVIDROMES_OWN = {"ND_MUSICFOLDER": "/music", "ND_DATAFOLDER": "/data", "ND_PORT": "4533", "TMPDIR": "/data/tmp"}
#: What keeps a test server from asking others.
QUIET = {"ND_ENABLEINSIGHTSCOLLECTOR": "false", "ND_LASTFM_ENABLED": "false", "ND_LISTENBRAINZ_ENABLED": "false"}

pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.skipif(shutil.which("buildah") is None or os.geteuid() != 0, reason="needs buildah, and root"),
]


class Town:
    """The services of compose.yaml."""

    def __init__(self, folder: Path, image: Image) -> None:
        self.folder, self.image, self.network = folder, image, Network()
        self.running: list[Container] = []
        for name in ("music", "navidrome", "mesh"):
            folder.joinpath(name).mkdir()
        made = build_small(folder / "built", 24)
        shutil.copytree(folder / "built" / next(iter(LIBRARIES.values())), folder / "music", dirs_exist_ok=True)
        assert made.tracks
        (folder / "token").write_text(f"{TOKEN}\n")
        (folder / "token").chmod(0o444)
        (folder / "hosts").write_text("127.0.0.1 localhost navidrome mesh\n")
        for path in (folder / "navidrome", folder / "mesh"):
            os.chown(path, USER, USER)
        for path in (folder / "music").rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        for path in (folder, *folder.parents):
            if path.stat().st_uid == os.getuid() and path != Path("/") and "pytest" in str(path):
                path.chmod(0o755)
        values = {
            "MUSIC": str(folder / "music"),
            "NAVIDROME_DATA": str(folder / "navidrome"),
            "SONICMESH_TOKEN_PATH": str(folder / "token"),
        }
        self.document = filled(read(REPOSITORY / "deploy" / "compose.yaml"), values)

    def start(self, service: str, program: list[str] | None = None, **extra: str) -> Container:
        """Start a service with what its section says; `program` in place of the image's own entry point."""
        section = self.document["services"][service]
        assert section["user"] == self.image.config["User"]
        volumes = []
        for mount in mounts(section, self.document["secrets"]):
            source = self.folder / mount.source if mount.named else Path(mount.source)
            volumes.append((source, mount.target, mount.mode))
        volumes.append((self.folder / "hosts", "/etc/hosts", "ro"))
        if program:
            volumes.append((Path(program[0]), "/opt/program", "ro"))
            program = ["/opt/program", *program[1:]]
        environment = {name: str(value) for name, value in section.get("environment", {}).items()} | extra
        command = program or [*self.image.config["Entrypoint"], *section.get("command", self.image.config["Cmd"])]
        log = self.folder / f"{service}.log"
        container = Container(self.image, volumes, environment, log, command, self.network.wrap)
        self.running.append(container)
        return container

    def close(self) -> None:
        for container in reversed(self.running):
            container.close()
        self.network.close()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with Image(NAME) as image:
        town = Town(tmp_path_factory.mktemp("compose"), image)
        try:
            yield town
        finally:
            town.close()


@pytest.mark.skipif(not shutil.which("ip"), reason="needs ip of iproute2")
def test_an_instant_mix(town: Town) -> None:
    plugin = town.start("plugin")
    assert plugin.process.wait(PATIENCE) == 0, plugin.log.read_text()
    assert (town.folder / "navidrome/plugins/sonicmesh.ndp").is_file()

    (town.folder / "navidrome/tmp").mkdir()
    os.chown(town.folder / "navidrome/tmp", USER, USER)
    navidrome = town.start("navidrome", [str(binary(VERSION))], **NAVIDROMES_OWN, **QUIET)
    mesh = town.start("mesh")

    admin = eventually(lambda: first_admin(town, navidrome), seconds=PATIENCE)
    eventually(lambda: embedded(town, mesh), seconds=PATIENCE)
    config = json.dumps({"gateway": "http://mesh:9002", "token": TOKEN, "mixesAt": "never"})
    town.network.within(lambda: admin.api("PUT", "/api/plugin/sonicmesh", {"config": config}))
    town.network.within(lambda: admin.api("PUT", "/api/plugin/sonicmesh", {"allUsers": True, "enabled": True}))

    mix = eventually(lambda: town.network.within(lambda: instant_mix(admin)), seconds=PATIENCE)

    assert len(mix) >= 3
    assert {path.stat().st_uid for path in (town.folder / "navidrome").rglob("*")} == {USER}


def first_admin(town: Town, navidrome: Container) -> Person | None:
    """The account that a new server asks for; None until it answers."""
    assert navidrome.process.poll() is None, navidrome.log.read_text()[-3000:]
    url = "http://127.0.0.1:4533"
    body = json.dumps({"username": "admin", "password": "adminpw"}).encode()

    def made() -> Any:
        request = urllib.request.Request(f"{url}/auth/createAdmin", body, {"Content-Type": "application/json"})
        return exchange(request)

    try:
        return Person(url, "admin", town.network.within(made))
    except (OSError, Refusal):
        return None


def embedded(town: Town, mesh: Container) -> bool:
    """Whether the job has ended, according to the gateway."""
    assert mesh.process.poll() is None, mesh.log.read_text()[-3000:]
    request = urllib.request.Request("http://127.0.0.1:9002/batch/progress")
    request.add_header("Authorization", f"Bearer {TOKEN}")
    try:
        progress = town.network.within(lambda: exchange(request))
    except (OSError, Refusal):
        return False
    return str(progress["status"]).startswith("completed") and progress["processed_tracks"] >= 20


def instant_mix(admin: Person) -> list[dict[str, Any]]:
    """The songs of an Instant Mix, by Subsonic as every client asks for it."""
    song = admin.songs()[0]
    answer = admin.rest("getSimilarSongs", id=song["id"], count="10")
    found: list[dict[str, Any]] = answer["similarSongs"].get("song", [])
    return found
