"""A mesh with a real broker and search in processes of their own, model workers in threads, and library workers."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from broker.client import MeshClient
from broker.events import EventSubscriber
from tests.harness.mesh import Mesh, workers_of
from tests.harness.music import Music
from tests.harness.play_model import PlayModel, Running
from workers.runtime.settings import WorkerSettings

#: Seconds that a test waits for something on a loaded machine.
PATIENCE_S = 120.0
ENDED = {"completed", "completed_with_errors", "failed", "cancelled"}


def eventually(check: Callable[[], Any], what: str) -> Any:
    """The first true value of `check`; fails after a generous while."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if value := check():
            return value
        time.sleep(0.02)
    raise AssertionError(f"not seen within {PATIENCE_S:.0f} s: {what}")


class House:
    """The parts that many tests share: broker, search, the model `spectral`."""

    def __init__(self, **environment: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sm"))
        self.mesh = Mesh(self.folder, SONICMESH_LOG_LEVEL="info", **environment)
        self.broker = self.mesh.broker()
        self.client = MeshClient(self.mesh.endpoint)
        self.search = self.start_search()
        self.model = PlayModel()
        self._running = self.serve(self.model)

    def start_search(self) -> subprocess.Popen[bytes]:
        process = self.mesh.spawn("-m", "workers", "search", "--name", "search")
        self.wait_for("search")
        return process

    def serve(self, model: PlayModel) -> Running:
        """Serve a model until `stop`."""
        settings = WorkerSettings(SONICMESH_RUN=self.folder / "run", SONICMESH_DRAIN_S=1.0)
        running = Running(model, model.name.replace("embed.", "play_"), settings)
        self.wait_for(model.name)
        return running

    def stop_model(self) -> None:
        """The worker of `spectral` drains and leaves."""
        self._running.stop()

    def start_model(self) -> None:
        self._running = self.serve(self.model)

    def wait_for(self, service: str) -> None:
        eventually(lambda: workers_of(self.client, service), f"a worker of {service}")

    def in_flight(self, least: int = 1) -> set[str]:
        """Models that hold so many requests now."""
        rows = self.client.call("mmi.workers", "list").result["workers"]
        names = {row["service"] for row in rows if row["in_flight"] >= least}
        return {name.removeprefix("embed.") for name in names if name.startswith("embed.")}

    def vectors(self, model: str = "spectral") -> dict[str, dict[str, Any]]:
        """Rows of the store by track id."""
        params = {"model": model, "limit": 10_000}
        rows = self.client.call("search", "vectors.scan", params).result["rows"]
        assert len({row["track_id"] for row in rows}) == len(rows)
        return {row["track_id"]: row for row in rows}

    def reset(self) -> None:
        """Empty the store and reset the model."""
        if ids := list(self.vectors()):
            self.client.call("search", "vectors.delete", {"track_ids": ids, "model": None})
        self.model.errors.clear()
        self.model.warnings.clear()
        self.model.heard.clear()
        self.model.gate.set()
        self.model.seconds = 0.0
        self.model.model_id = "spectral-1"
        self.model.fits = True

    def close(self) -> None:
        self.model.gate.set()
        self._running.stop()
        self.client.close()
        self.mesh.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class LibraryWorker:
    """A library worker in a process of its own, with its own data and music."""

    def __init__(self, house: House, music: Music, data: Path, **settings: str) -> None:
        self.house = house
        self.music = music
        self.data = data
        self._environment = {
            "SONICMESH_DATA": str(data),
            "NAVIDROME_DB_PATH": str(music.database),
            "SONICMESH_PATH_MAP": music.path_map,
            "SONICMESH_LIBRARY_POLL_S": "0.1",
            "SONICMESH_AUTO_EMBED": "false",
            "SONICMESH_MODELS": "spectral",
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self, **settings: str) -> None:
        mesh = self.house.mesh
        self._environment |= settings
        kept, mesh.environment = mesh.environment, mesh.environment | self._environment
        self.process = mesh.spawn("-m", "workers", "library", "--name", "library")
        mesh.environment = kept
        self.house.wait_for("library")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(30)

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def call(self, op: str, **params: Any) -> dict[str, Any]:
        return self.house.client.call("library", op, params).result

    def ready(self) -> dict[str, Any]:
        status: dict[str, Any] = eventually(
            lambda: (status := self.call("library.status"))["state"] == "ready" and status, "the library is ready"
        )
        return status

    def progress(self) -> dict[str, Any]:
        return self.call("batch.progress")

    def until(self, condition: Callable[[dict[str, Any]], Any], what: str) -> dict[str, Any]:
        """The progress as soon as the condition holds."""
        found: dict[str, Any] = eventually(lambda: condition(p := self.progress()) and p, what)
        return found

    def ended(self) -> dict[str, Any]:
        """The last job, once it has ended."""
        return self.until(lambda p: p["status"] in ENDED, "the job has ended")

    def embed(self, **params: Any) -> dict[str, Any]:
        """Run a job from start to end."""
        self.ready()
        self.call("batch.start", **params)
        return self.ended()


class Drained:
    """A subscriber (to topics with this prefix) whose events are read at once."""

    def __init__(self, house: House, topic: str = "") -> None:
        self._subscriber = EventSubscriber(house.mesh.settings.events_endpoint, [topic])

    def __enter__(self) -> Drained:
        self.drain()  # a new subscriber gets the last value of every topic
        return self

    def __exit__(self, *_: object) -> None:
        self._subscriber.close()

    def drain(self) -> list[tuple[str, dict[str, Any]]]:
        found = []
        while (received := self._subscriber.receive(0.5)) is not None:
            found.append(received)
        return found
