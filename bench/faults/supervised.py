"""The processes of one mesh, restarted as supervisord would, and ways to disturb them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from broker.client import MeshClient
from contract.errors import MeshError
from contract.mesh import ManagementClient
from contract.message import Nothing
from contract.settings import MeshSettings

#: Seconds between two checks, that a process may take to start serving, and between two starts of one that dies.
LOOK_SECONDS: Final = 0.05
START_SECONDS: Final = 120.0
#: Environment variables of the caller that must not reach the mesh.
OURS: Final = ("SONICMESH_", "NAVIDROME_", "TEXT_EMBEDDING_", "BATCH_JOB_", "LOG_DIR", "PID_DIR")

BROKER: Final = ("-m", "broker")


def fault_worker(number: int) -> tuple[str, ...]:
    """Returns the command of a worker under faults."""
    return ("-m", "bench.faults.worker", f"fault_{number:02}")


class SupervisedProcesses:
    """Processes by name, below `folder`, whose name must be short. A process that ends is started again."""

    def __init__(self, folder: Path, processes: Mapping[str, Sequence[str]], **environment: str) -> None:
        self.folder = folder
        self.settings = MeshSettings(SONICMESH_RUN=folder / "run", SONICMESH_DATA=folder / "data")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
        self.environment = kept | {
            "SONICMESH_HOME": str(folder),
            "SONICMESH_LOG_LEVEL": "warning",
            "SONICMESH_AUTO_EMBED": "false",
            "NAVIDROME_EMBED_SOCKET": "off",
            "SONICMESH_MODELS": "spectral",
            **environment,
        }
        (folder / "logs").mkdir(parents=True, exist_ok=True)
        self._commands = dict(processes)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._away: set[str] = set()
        self.processes = {name: self._spawn(name) for name in processes}
        self.starts = dict.fromkeys(processes, 1)
        self.client = MeshClient(self.settings.broker_endpoint)
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def _spawn(self, name: str) -> subprocess.Popen[bytes]:
        with (self.folder / "logs" / f"{name}.log").open("ab") as log:
            command = [sys.executable, *self._commands[name]]
            return subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def _keep(self) -> None:
        while not self._closing.wait(LOOK_SECONDS):
            with self._lock:
                for name, process in self.processes.items():
                    if process.poll() is not None and name not in self._away:
                        self.processes[name] = self._spawn(name)
                        self.starts[name] += 1

    def kill(self, names: Sequence[str], number: int = signal.SIGKILL) -> None:
        """Send a signal to processes at once."""
        with self._lock:
            for name in names:
                self.processes[name].send_signal(number)

    @contextmanager
    def stopped(self, names: Sequence[str]) -> Iterator[None]:
        """Stop processes with SIGSTOP inside the context."""
        self.kill(names, signal.SIGSTOP)
        try:
            yield
        finally:
            self.kill(names, signal.SIGCONT)

    @contextmanager
    def away(self, name: str) -> Iterator[None]:
        """Kill a process, and keep it dead inside the context."""
        self._away.add(name)
        self.kill([name])
        try:
            yield
        finally:
            self._away.discard(name)

    def workers(self, service: str) -> int:
        """Returns how many workers serve a service."""
        try:
            rows = ManagementClient(self.client).workers(Nothing(), timeout=5.0).workers
        except MeshError:
            return 0
        return sum(row.service == service for row in rows)

    def wait_for(self, service: str, number: int = 1) -> None:
        """Return once that many workers serve it."""
        wait_until(lambda: self.workers(service) >= number, f"{number} workers of {service}")

    def close(self) -> None:
        self._closing.set()
        self._keeper.join()
        self.client.close()
        for process in self.processes.values():
            process.kill()
            process.wait()


def wait_until(condition: Callable[[], object], what: str, seconds: float = START_SECONDS) -> None:
    """Wait for a condition. Raises `TimeoutError`."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"not seen within {seconds:.0f} s: {what}")
        time.sleep(LOOK_SECONDS)
