"""A real Navidrome and a mesh beside it, for measurements that involve both."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bench.ports import free_port
from broker.client import MeshClient

REPOSITORY: Final = Path(__file__).resolve().parent.parent
#: Seconds that start-up, a scan and embedding the whole library may take.
START_S, SCAN_S, EMBED_S = 60.0, 600.0, 3600.0
PASSWORD: Final = "benchpw"


def wait_until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Returns the first true value; raises `TimeoutError`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.2)
    raise TimeoutError(f"{what}: not within {seconds:.0f} s")


def fetch(url: str, body: Any = None, method: str | None = None, headers: Mapping[str, str] | None = None) -> Any:
    """Send and receive JSON."""
    data = None if body is None else json.dumps(body).encode()
    known = {"Content-Type": "application/json", **(headers or {})}
    with urllib.request.urlopen(urllib.request.Request(url, data, known, method=method), timeout=60) as response:
        text = response.read()
    return json.loads(text) if text.startswith((b"{", b"[")) else text


class Navidrome:
    """A server with one admin, which scans `music` when it starts; `binary` is 0.63 or later."""

    def __init__(self, binary: Path, data: Path, music: Path) -> None:
        self.data = data
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        temporary = data / "tmp"
        temporary.mkdir(parents=True)
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ND_")}
        environment = {
            **kept,
            "ND_DATAFOLDER": str(data),
            "ND_MUSICFOLDER": str(music),
            "ND_PORT": str(port),
            "ND_ADDRESS": "127.0.0.1",
            "ND_PLUGINS_ENABLED": "true",
            "ND_AGENTS": "sonicmesh",
            "ND_ENABLEINSIGHTSCOLLECTOR": "false",
            "TMPDIR": str(temporary),
        }
        with (data / "log").open("wb") as log:
            self.process = subprocess.Popen([str(binary)], env=environment, stdout=log, stderr=log)

    def log_in(self) -> None:
        """Create the admin; returns when the music is scanned."""
        wait_until(self._answers, START_S, "Navidrome's start")
        login = fetch(f"{self.url}/auth/createAdmin", {"username": "admin", "password": PASSWORD})
        self._token = {"X-ND-Authorization": f"Bearer {login['token']}"}
        self._subsonic = {"u": "admin", "t": login["subsonicToken"], "s": login["subsonicSalt"]}
        wait_until(self._scanned, SCAN_S, "the scan")

    def _answers(self) -> bool:
        try:
            fetch(f"{self.url}/ping")
        except OSError:
            return False
        return True

    def _scanned(self) -> bool:
        status = self.rest("getScanStatus")["scanStatus"]
        return bool(status["count"]) and not status["scanning"]

    def rest(self, method: str, **fields: Any) -> dict[str, Any]:
        """Make one Subsonic call."""
        query = urllib.parse.urlencode({**self._subsonic, "v": "1.16.1", "c": "bench", "f": "json", **fields})
        answer: dict[str, Any] = fetch(f"{self.url}/rest/{method}?{query}")["subsonic-response"]
        return answer

    def songs(self) -> list[str]:
        """Returns the ids of all tracks."""
        return [song["id"] for song in fetch(f"{self.url}/api/song?_start=0&_end=0", headers=self._token)]

    def ask_at(self, gateway: str) -> None:
        """Point the plugin at this gateway from now on."""
        place = f"{self.url}/api/plugin/sonicmesh"
        config = {"config": json.dumps({"gateway": gateway, "mixesAt": "never"})}
        for change in (config, {"allUsers": True, "enabled": True}):
            fetch(place, change, "PUT", self._token)
        wait_until(lambda: fetch(place, headers=self._token)["enabled"], START_S, "the plugin")


@contextmanager
def running_navidrome(binary: Path, folder: Path, music: Path, package: Path) -> Iterator[Navidrome]:
    """Run a server with the plugin in its folder and its music scanned."""
    plugins = folder / "navidrome" / "plugins"
    plugins.mkdir(parents=True)
    shutil.copy(package, plugins)
    navidrome = Navidrome(binary, folder / "navidrome", music)
    try:
        navidrome.log_in()
        yield navidrome
    finally:
        navidrome.process.terminate()
        navidrome.process.wait()


@contextmanager
def running_mesh(folder: Path, database: Path) -> Iterator[tuple[str, MeshClient]]:
    """Run `sonicmesh run` on a database, embed everything; yields the gateway's address and a client of the broker."""
    folder.mkdir()
    shutil.copy(REPOSITORY / "supervisord.conf", folder)
    port = free_port()
    environment = {
        **os.environ,
        "SONICMESH_HOME": str(folder),
        "NAVIDROME_DB_PATH": str(database),
        "NAVIDROME_RECOMMENDER_PORT": str(port),
        "TEXT_EMBEDDING_PORT": str(free_port()),
        "NAVIDROME_EMBED_SOCKET": "off",
    }

    def sonicmesh(*arguments: str) -> None:
        command = [sys.executable, "-m", "cli.main", *arguments]
        subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=EMBED_S)

    try:
        sonicmesh("run", "--json")
        with MeshClient(f"ipc://{folder}/run/broker.ipc") as client:
            yield f"http://127.0.0.1:{port}", client
    finally:
        sonicmesh("stop")
