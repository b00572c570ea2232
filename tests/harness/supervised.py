"""A whole mesh in a temporary folder: real supervisord, real processes, driven by the real command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson

from bench.ports import free_port
from broker.client import MeshClient
from tests.harness.places import REPOSITORY

#: Seconds that a command of the mesh may take on a busy machine.
COMMAND_SECONDS = 240
#: Variables of the person who runs the tests that must not reach the mesh under test.
OURS = ("SONICMESH_", "NAVIDROME_", "TEXT_EMBEDDING_", "BATCH_JOB_", "LOG_DIR", "PID_DIR")


class SupervisedMesh:
    """One project folder (`SONICMESH_HOME`) with its `.env`; `close()` stops whatever runs in it."""

    def __init__(self, folder: Path, **settings: str | int | Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / "supervisord.conf", folder)
        self.port, self.text_port = free_port(), free_port()
        ports = {"NAVIDROME_RECOMMENDER_PORT": self.port, "TEXT_EMBEDDING_PORT": self.text_port}
        usual = {"NAVIDROME_EMBED_SOCKET": "off", "SONICMESH_MODELS": "spectral"}
        lines = {**ports, **usual, **settings}
        (folder / ".env").write_text("".join(f"{key}='{value}'\n" for key, value in lines.items()))

    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
        return kept | {"SONICMESH_HOME": str(self.folder), "COLUMNS": "160"}

    def sonicmesh(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """Run the command as a person would."""
        return subprocess.run(
            [sys.executable, "-m", "cli.main", *arguments],
            cwd=REPOSITORY,
            env=self.environment() | extra,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        """The document that a command prints with `--json`; it must succeed."""
        done = self.sonicmesh(*arguments, "--json")
        assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}\n{self.logs()}"
        return orjson.loads(done.stdout)

    def supervisorctl(self, *arguments: str) -> str:
        """Run the plain `supervisorctl` in the project folder."""
        command = [sys.executable, "-m", "supervisor.supervisorctl", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment(), capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr

    def connect(self) -> MeshClient:
        """A client of this mesh's broker."""
        return MeshClient(f"ipc://{self.folder}/run/broker.ipc")

    def pids(self) -> dict[str, int]:
        """Process id by process name, of running processes."""
        return {p["name"]: p["pid"] for p in self.json("status")["processes"] if p["pid"]}

    def supervisor_pid(self) -> int:
        return int((self.folder / "run/supervisord.pid").read_text())

    def logs(self) -> str:
        """The end of every log, for the message of a test that failed."""
        return "\n".join(f"== {p.name}\n{p.read_text()[-3000:]}" for p in sorted((self.folder / "logs").glob("*.log")))

    def close(self) -> None:
        self.sonicmesh("stop")
