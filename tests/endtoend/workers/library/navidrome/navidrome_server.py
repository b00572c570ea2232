"""A real Navidrome that runs as another user, if one is available."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

from tests.endtoend.navidrome.binaries import binary
from tests.harness.neighbours import BECOME, IS_ROOT, OWNER
from tests.harness.waiting import eventually

RUN: Final = """
import os, sys
become(int(sys.argv[1]))
os.execv(sys.argv[2], sys.argv[2:])
"""


class Server:
    """Navidrome of a release on a data folder, which belongs to its user, with a music folder."""

    def __init__(self, version: str, folder: Path, music: Path) -> None:
        self.data = folder / "data"
        self.database = self.data / "navidrome.db"
        self.data.mkdir()
        (self.data / "tmp").mkdir()
        for path in (self.data, self.data / "tmp"):
            if IS_ROOT:
                os.chown(path, OWNER, OWNER)
        self._binary = folder / "navidrome"
        shutil.copy(binary(version), self._binary)
        self._binary.chmod(0o755)
        self._music = music
        self._log = (folder / "log").open("w")
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._port = probe.getsockname()[1]
        self._token = ""
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Until it answers, and its user is logged in."""
        settings = {
            "DATAFOLDER": self.data,
            "MUSICFOLDER": self._music,
            "PORT": self._port,
            "ADDRESS": "127.0.0.1",
            "SCANNER_SCHEDULE": "0",
            "ENABLEINSIGHTSCOLLECTOR": "false",
            "ENABLEEXTERNALSERVICES": "false",
        }
        environment = {f"ND_{name}": str(value) for name, value in settings.items()}
        self.process = subprocess.Popen(
            [sys.executable, "-c", BECOME + RUN, str(OWNER), self._binary],
            env=os.environ | environment | {"TMPDIR": str(self.data / "tmp")},
            stdout=self._log,
            stderr=self._log,
        )
        eventually(self._answers, "Navidrome answers")
        first = not self._token
        login = {"username": "admin", "password": "adminpw"}
        self._token = self.ask("/auth/createAdmin" if first else "/auth/login", login)["token"]

    def ask(self, path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json", "X-ND-Authorization": f"Bearer {self._token}"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.loads(response.read())

    def write(self, name: str) -> None:
        """Make it write to its database. Raises `HTTPError` if it cannot."""
        assert self.ask("/api/playlist", {"name": name})["id"]

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(60)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(60)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, Path(self._log.name).read_text()[-2000:]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/ping", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False
