"""A broker and workers in processes of their own, as the tests of this folder use them."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from broker.client import MeshClient
from contract.errors import MeshError
from tests.harness.mesh import Mesh, eventually, workers_of


class House:
    """One mesh with a client. Workers are started by name and waited for."""

    def __init__(self, mesh: Mesh, folder: Path) -> None:
        self.mesh = mesh
        self.folder = folder
        self.broker = mesh.broker()
        self.client = MeshClient(mesh.endpoint)

    def odd(self, name: str = "odd_01", *arguments: str) -> subprocess.Popen[bytes]:
        """A worker of `tests.harness.services.odd`, registered."""
        process = self.mesh.spawn("-m", "tests.harness.services", "odd", "--name", name, *arguments)
        self.wait_for("odd", name)
        return process

    def embed(self, model: str, name: str) -> subprocess.Popen[bytes]:
        """A model worker, registered."""
        process = self.mesh.spawn("-m", "workers", "embed", model, "--name", name)
        self.wait_for(f"embed.{model}", name)
        return process

    def names(self, service: str) -> list[str]:
        return [row["worker"] for row in workers_of(self.client, service)]

    def wait_for(self, service: str, name: str) -> None:
        eventually(lambda: name in self.names(service), f"{name} serves {service}")

    def stats(self, name: str) -> dict[str, Any]:
        return self.client.call(f"worker.{name}", "worker.stats").result

    def counts(self, name: str) -> dict[str, Any]:
        """What an odd worker has counted."""
        return self.client.call(f"worker.{name}", "counts").result

    def try_stats(self, name: str) -> dict[str, Any]:
        """Like `stats`, but empty if the worker does not exist."""
        try:
            return self.stats(name)
        except MeshError:
            return {}

    def close(self) -> None:
        self.client.close()
        self.mesh.stop()


@contextmanager
def house(**environment: str) -> Iterator[House]:
    """In a folder whose name is short enough for a unix socket."""
    folder = Path(tempfile.mkdtemp(prefix="sm"))
    home = House(Mesh(folder, **environment), folder)
    try:
        yield home
    finally:
        home.close()
        shutil.rmtree(folder)


def ends(process: subprocess.Popen[bytes]) -> int:
    """Its exit code, once it has ended."""
    return process.wait(timeout=30)


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
