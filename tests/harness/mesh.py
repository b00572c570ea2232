"""A real broker in its own process, and plain workers to try it with."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from broker.client import MeshClient
from broker.settings import BrokerSettings

#: Seconds that a test waits for something on a loaded machine.
PATIENCE_S = 30.0


def eventually(check: Callable[[], Any], what: str) -> Any:
    """The first true value of `check`; fails after a generous while."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        value = check()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not seen within {PATIENCE_S:.0f} s: {what}")


class Mesh:
    """Processes of one test; all of them are gone at its end."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.environment = {
            **os.environ,
            "SONICMESH_HOME": str(folder),
            "SONICMESH_RUN": str(folder / "run"),
            "SONICMESH_DATA": str(folder / "data"),
            "LOG_DIR": str(folder / "logs"),
            "PID_DIR": str(folder / "pids"),
            "NAVIDROME_EMBED_SOCKET": "off",
            "SONICMESH_MODELS": "spectral",  # services that most tests need a worker of
            **environment,
        }
        self.settings = BrokerSettings(
            SONICMESH_RUN=folder / "run", SONICMESH_BROKER=environment.get("SONICMESH_BROKER", "")
        )
        self.processes: list[subprocess.Popen[bytes]] = []

    @property
    def endpoint(self) -> str:
        return self.settings.broker_endpoint

    def spawn(self, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, *arguments], env=self.environment)
        self.processes.append(process)
        return process

    def broker(self) -> subprocess.Popen[bytes]:
        return self.spawn("-m", "broker")

    def worker(self, service: str = "echo", **options: Any) -> subprocess.Popen[bytes]:
        """A worker process of `tests.harness.echo`."""
        flags = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
        return self.spawn("-m", "tests.harness.echo", self.endpoint, service, *flags)

    def client(self) -> MeshClient:
        return MeshClient(self.endpoint)

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()


@contextmanager
def running_mesh(**environment: str) -> Iterator[Mesh]:
    """A mesh with a broker, in a folder whose name is short enough for a unix socket."""
    folder = Path(tempfile.mkdtemp(prefix="sm"))
    mesh = Mesh(folder, **environment)
    try:
        mesh.broker()
        yield mesh
    finally:
        mesh.stop()
        shutil.rmtree(folder)


def workers_of(client: MeshClient, service: str = "echo") -> Sequence[dict[str, Any]]:
    rows = client.call("mmi.workers", "list").result["workers"]
    return [row for row in rows if row["service"] == service]


def counters(client: MeshClient) -> dict[str, int]:
    found: dict[str, int] = client.call("mmi.queues", "show").result["counters"]
    return found
