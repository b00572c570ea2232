"""A mesh in its own folder for the scale bench: real supervisord, real processes, queried over HTTP."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from bench.ports import free_port
from bench.scale_model import install
from broker.client import MeshClient
from cli.supervisor import Supervisor
from contract.settings import MeshSettings

REPOSITORY: Final = Path(__file__).resolve().parent.parent
#: Seconds that the mesh may take to start with a full store, to stop, and to answer one request.
START_SECONDS: Final = 600.0
STOP_SECONDS: Final = 180.0
ANSWER_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.05
#: Environment variables of the caller that must not reach the mesh.
OURS: Final = ("SONICMESH_", "NAVIDROME_", "TEXT_EMBEDDING_", "BATCH_JOB_", "LOG_DIR", "PID_DIR")


class ScaleMesh:
    """`folder` is SONICMESH_HOME; `settings` are its `.env`."""

    def __init__(self, folder: Path, settings: Mapping[str, object]) -> None:
        self._folder = folder
        folder.mkdir(parents=True)
        shutil.copy(REPOSITORY / "supervisord.conf", folder)
        install(folder / "site")
        self._port = free_port()
        self._values: dict[str, object] = {
            "NAVIDROME_RECOMMENDER_PORT": self._port,
            "TEXT_EMBEDDING_PORT": free_port(),
            "NAVIDROME_EMBED_SOCKET": "off",
            "SONICMESH_RATE_PER_USER": 0,
            "SONICMESH_RATE_PER_ADDRESS": 0,
            "SONICMESH_PLAYLIST_SECONDS": ANSWER_SECONDS,
        }
        self.configure(settings)
        self.settings = MeshSettings(SONICMESH_RUN=folder / "run", SONICMESH_DATA=folder / "data")
        self._supervisor = Supervisor(self.settings)

    def configure(self, settings: Mapping[str, object]) -> None:
        """Add settings that apply from the next start."""
        self._values |= settings
        lines = [f"{name}='{value}'\n" for name, value in self._values.items()]
        (self._folder / ".env").write_text("".join(lines))

    @property
    def data(self) -> Path:
        """Folder of `state.db` and the store."""
        return self.settings.data

    @property
    def port(self) -> int:
        """Port of the gateway."""
        return self._port

    def client(self) -> MeshClient:
        """A client of the broker."""
        return MeshClient(self.settings.broker_endpoint)

    def start(self, ready: Callable[[], bool] | None = None) -> dict[str, float]:
        """Run `sonicmesh run`; returns the seconds until `/readyz` is ready, and until `ready` returns true."""
        began = time.monotonic()
        command = subprocess.Popen(self._command("run", "--no-wait"), **self._surroundings())
        seconds = {"ready": wait_until(self._is_ready, START_SECONDS, command) - began}
        seconds["asked"] = wait_until(ready or (lambda: True), START_SECONDS) - began
        if command.wait(START_SECONDS):
            said = (self._folder / "command.log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"`sonicmesh run` failed: {said}")
        return seconds

    def stop(self) -> float:
        """Run `sonicmesh stop`; returns the seconds."""
        began = time.monotonic()
        subprocess.run(self._command("stop"), timeout=STOP_SECONDS, check=True, **self._surroundings())
        return time.monotonic() - began

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "cli.main", *arguments]

    def _surroundings(self) -> dict[str, Any]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        paths = [str(self._folder / "site"), str(REPOSITORY), os.environ.get("PYTHONPATH", "")]
        kept |= {"SONICMESH_HOME": str(self._folder), "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        log = (self._folder / "command.log").open("ab")
        return {"cwd": REPOSITORY, "env": kept, "stdout": log, "stderr": log}

    def _is_ready(self) -> bool:
        try:
            return self.ask("GET", "/readyz")[0] == http.client.OK
        except OSError:
            return False

    def processes(self) -> dict[str, int]:
        """Process ids by name, of running processes."""
        return {p["name"]: p["pid"] for p in self._supervisor.processes() if p["pid"]}

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Send one request on its own connection; returns status and document."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_SECONDS)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def playlist(self, seeds: list[str], limit: int = 25) -> list[str]:
        """Returns ids of tracks similar to the seeds; empty if the store has none yet."""
        body = {"user_id": "b", "user_name": "b", "limit": limit, "seeds": [{"track_id": seed} for seed in seeds]}
        status, answer = self.ask("POST", "/playlist/similar", body)
        if status != http.client.OK:
            raise RuntimeError(f"/playlist/similar returned {status}: {answer}")
        return [str(track["track_id"]) for track in answer["tracks"]]


def wait_until(condition: Callable[[], bool], seconds: float, process: subprocess.Popen[bytes] | None = None) -> float:
    """Wait for `condition`; returns the monotonic time. Raises `TimeoutError`, also if `process` failed."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until or (process is not None and process.poll()):
            raise TimeoutError(f"not seen within {seconds:.0f} s, or its process failed")
        time.sleep(LOOK_SECONDS)
    return time.monotonic()
