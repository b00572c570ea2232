"""The image as people run it: one command, an empty volume, and a playlist from the library that is mounted."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from bench.ports import free_port
from contract.release import release
from demo.building import build_small
from tests.harness.container import Container, Image, buildah
from tests.harness.waiting import eventually

NAME = os.environ.get("SONICMESH_IMAGE", "sonicmesh:latest")
#: Seconds from the start to the first playlist, on a busy machine.
PATIENCE = 600.0
#: The user of the image.
USER = 1000

pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.skipif(shutil.which("buildah") is None or os.geteuid() != 0, reason="needs buildah, and root"),
]


class ImageMesh:
    """A container that runs with a mounted library, and where to reach it."""

    def __init__(self, container: Container, port: int, began: float, folder: Path) -> None:
        self.container, self.port, self.began, self.folder = container, port, began, folder

    def get(self, path: str, body: Any = None, *, token: str = "") -> Any:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        if body is not None:
            request.data = orjson.dumps(body)
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=20) as answer:
            return orjson.loads(answer.read())

    def token(self) -> str:
        return (self.folder / "data" / "token").read_text().strip()


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    with Image(NAME) as mounted:
        yield mounted


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small library, as a stranger's files that all may read, at a path that the container does not have."""
    folder = tmp_path_factory.mktemp("library")
    build_small(folder, 24)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


@pytest.fixture(scope="module")
def mesh(image: Image, library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImageMesh]:
    folder = tmp_path_factory.mktemp("volume")
    volume = folder / "data"
    volume.mkdir(mode=0o700)
    os.chown(volume, USER, USER)
    port, text_port = free_port(), free_port()
    settings = {
        "NAVIDROME_RECOMMENDER_PORT": str(port),
        "TEXT_EMBEDDING_PORT": str(text_port),
        "NAVIDROME_DB_PATH": "/navidrome/navidrome.db",
        "SONICMESH_PATH_MAP": f"{library}=/navidrome",
    }
    mounts = [(volume, "/data", "rw"), (library, "/navidrome", "ro")]
    began = time.monotonic()
    container = Container(image, mounts, settings, folder / "log")
    try:
        yield ImageMesh(container, port, began, folder)
    finally:
        container.close()


def reachable(mesh: ImageMesh) -> bool:
    assert mesh.container.process.poll() is None, mesh.container.log.read_text()
    try:
        return bool(mesh.get("/readyz")["ready"])
    except (OSError, urllib.error.URLError):
        return False


def playlist(mesh: ImageMesh) -> list[dict[str, Any]]:
    """Tracks like the first one of the library, once there are any."""
    tracks = mesh.get("/tracks?q=the&limit=1", token=mesh.token())["tracks"]
    if not tracks:
        return []
    body = {"user_id": "me", "user_name": "me", "seeds": [{"track_id": tracks[0]["id"]}], "limit": 5}
    found: list[dict[str, Any]] = mesh.get("/playlist/custom", body, token=mesh.token())["tracks"]
    return found


def test_a_playlist_from_a_mounted_library(mesh: ImageMesh) -> None:
    eventually(lambda: reachable(mesh), seconds=PATIENCE)
    ready = time.monotonic() - mesh.began
    found = eventually(lambda: playlist(mesh), seconds=PATIENCE)
    seconds = time.monotonic() - mesh.began
    assert 1 <= len(found) <= 5
    print(f"ready after {ready:.0f} s, first playlist after {seconds:.0f} s")


def test_the_token_is_asked_for(mesh: ImageMesh) -> None:
    eventually(lambda: reachable(mesh), seconds=PATIENCE)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        mesh.get("/tracks?q=the&limit=1")
    assert mesh.token() in mesh.container.log.read_text()
    assert (mesh.folder / "data" / "token").stat().st_mode & 0o777 == 0o600


def test_it_says_that_it_is_healthy(mesh: ImageMesh, image: Image) -> None:
    eventually(lambda: reachable(mesh), seconds=PATIENCE)
    check = image.config["Healthcheck"]["Test"]
    assert check[0] == "CMD"
    assert mesh.container.inside(*check[1:]).returncode == 0


def test_process_1_is_supervisord_and_nobody_is_root(mesh: ImageMesh) -> None:
    eventually(lambda: reachable(mesh), seconds=PATIENCE)
    shown = mesh.container.inside("sh", "-c", "tr '\\0' ' ' < /proc/1/cmdline; stat -c %u /proc/[0-9]*")
    line, *users = shown.stdout.splitlines()
    assert "cli.foreground" in line or "cli.foreground" in shown.stdout
    assert {user.split()[-1] for user in users} <= {str(USER)}, shown.stdout


def test_the_root_is_read_only(mesh: ImageMesh) -> None:
    eventually(lambda: reachable(mesh), seconds=PATIENCE)
    for folder in ("/usr/lib/sonicmesh", "/tmp", "/navidrome", "/etc"):
        assert mesh.container.inside("touch", f"{folder}/x").returncode != 0, folder
    assert mesh.container.inside("touch", "/data/x").returncode == 0


def test_the_command_knows_the_release_and_what_is_wrong(mesh: ImageMesh) -> None:
    eventually(lambda: reachable(mesh), seconds=PATIENCE)
    assert mesh.container.inside("sonicmesh", "--version").stdout.split()[1] == release()
    status = orjson.loads(mesh.container.inside("sonicmesh", "status", "--json").stdout)
    assert {"broker", "gateway", "library", "search", "fusion_01"} <= {p["name"] for p in status["processes"]}


def test_the_plugin_is_there(image: Image, tmp_path: Path) -> None:
    """As the first step of compose.yaml: a folder of Navidrome's user, and an image that can write nothing else."""
    data = tmp_path / "navidrome"
    data.mkdir(mode=0o700)
    os.chown(data, USER, USER)
    install = ["sonicmesh", "plugin", "install", "--make-folder", "/navidrome/plugins"]
    settings = {"SONICMESH_HOST": "127.0.0.1", "SONICMESH_TOKEN_FILE": ""}
    line, variables = image.command(install, [(data, "/navidrome", "rw")], settings)
    done = subprocess.run(line, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (data / "plugins" / "sonicmesh.ndp").stat().st_size > 100_000


def test_it_drains_and_stops(mesh: ImageMesh) -> None:
    """The last test of this file: what stops is done within the seconds that compose.yaml grants."""
    eventually(lambda: reachable(mesh), seconds=PATIENCE)
    seconds = mesh.container.stop(90)
    assert mesh.container.process.returncode in (0, 143)
    log = mesh.container.log.read_text()
    assert "stopped: broker (exit status 0)" in log
    assert log.index("stopped: gateway") < log.index("stopped: broker")
    print(f"stopped after {seconds:.1f} s")


def test_sizes_are_told(image: Image) -> None:
    """For the table in README."""
    size = int(buildah("images", "--format", "{{.Size}}", NAME).split()[0].split(".")[0] or 0)
    installed = subprocess.run(["du", "-sm", str(image.root)], capture_output=True, text=True, check=True).stdout
    print(f"image {size}, installed {installed.split()[0]} MB")
    assert not (image.root / "usr/lib/sonicmesh/lib/python3.11/site-packages/torch").exists()
