"""A real broker, and whatever else a test starts, each in a process of its own, in one folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from broker.client import MeshClient
from broker.settings import BrokerSettings
from tests.harness.processes import Process
from tests.harness.waiting import eventually

#: The model that most tests need a worker of.
MODEL = "spectral"


class Mesh:
    """A broker from the start. `close()`, or the end of `with`, ends all processes.

    Without a `folder` it has one of its own, whose name is short enough for a unix socket; `close()` removes that.
    """

    def __init__(self, folder: Path | None = None, /, **environment: str) -> None:
        self._temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="sm"))
        self.environment = {
            **os.environ,
            "SONICMESH_HOME": str(self.folder),
            "SONICMESH_RUN": str(self.folder / "run"),
            "SONICMESH_DATA": str(self.folder / "data"),
            "LOG_DIR": str(self.folder / "logs"),
            "PID_DIR": str(self.folder / "pids"),
            "NAVIDROME_EMBED_SOCKET": "off",
            "SONICMESH_MODELS": MODEL,
            **environment,
        }
        self.settings = BrokerSettings(
            SONICMESH_RUN=self.folder / "run", SONICMESH_BROKER=environment.get("SONICMESH_BROKER", "")
        )
        self.processes: list[Process] = []
        self.broker = self.start_broker()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def closed_on_failure(self) -> Iterator[None]:
        """What fails while more is started leaves no process behind."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    @property
    def endpoint(self) -> str:
        return self.settings.broker_endpoint

    def spawn(self, *arguments: str, **environment: str) -> Process:
        """A Python process; `environment` is its own beside the mesh's."""
        process = subprocess.Popen([sys.executable, *arguments], env=self.environment | environment)
        self.processes.append(process)
        return process

    def spawn_logged(self, log: Path, *arguments: str) -> Process:
        """A Python process whose standard error goes into the file `log`."""
        with log.open("wb") as stderr:
            process = subprocess.Popen([sys.executable, *arguments], env=self.environment, stderr=stderr)
        self.processes.append(process)
        return process

    def start_broker(self) -> Process:
        """The broker, also in the place of one that has ended."""
        self.broker = self.spawn("-m", "broker")
        return self.broker

    def start_worker(self, *arguments: str, name: str = "", **environment: str) -> Process:
        """A worker of this project (`search`, or `embed MODEL`), registered."""
        name = name or arguments[-1]
        process = self.spawn("-m", "workers", *arguments, "--name", name, **environment)
        self.wait_for(".".join(arguments), name)
        return process

    def start_echo(self, service: str = "echo", **options: Any) -> Process:
        """A worker process of `tests.harness.echo`."""
        flags = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
        return self.spawn("-m", "tests.harness.echo", self.endpoint, service, *flags)

    def connect(self) -> MeshClient:
        """A new client, which the caller closes."""
        return MeshClient(self.endpoint)

    @cached_property
    def client(self) -> MeshClient:
        """The mesh's own client."""
        return self.connect()

    def names(self, service: str) -> list[str]:
        """Workers of a service."""
        return [row["worker"] for row in workers_of(self.client, service)]

    def wait_for(self, service: str, name: str = "") -> None:
        """Returns once a worker of the service, or this one, is registered."""

        def registered() -> bool:
            names = self.names(service)
            return name in names if name else bool(names)

        eventually(registered, f"{name or 'a worker'} serves {service}")

    def close(self) -> None:
        if "client" in self.__dict__:
            self.client.close()
        for process in self.processes:
            process.kill()
            process.wait()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)


def workers_of(client: MeshClient, service: str = "echo") -> Sequence[dict[str, Any]]:
    rows = client.call("mmi.workers", "list").result["workers"]
    return [row for row in rows if row["service"] == service]


def counters(client: MeshClient) -> dict[str, int]:
    found: dict[str, int] = client.call("mmi.queues", "show").result["counters"]
    return found
