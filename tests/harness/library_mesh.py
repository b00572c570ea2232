"""A mesh with a real broker and search in processes of their own, model workers in threads, and library workers."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from broker.events import EventSubscriber
from contract.errors import NoWorker
from tests.harness.mesh import Mesh
from tests.harness.music import Music
from tests.harness.play_model import PlayModel, Running
from tests.harness.processes import Process
from tests.harness.waiting import eventually
from workers.runtime.settings import WorkerSettings

ENDED = {"completed", "completed_with_errors", "failed", "cancelled"}


class LibraryMesh(Mesh):
    """The parts that many tests share: broker, search, the model `spectral`."""

    def __init__(self, **environment: str) -> None:
        super().__init__(SONICMESH_LOG_LEVEL="info", **environment)
        self.model = PlayModel()
        with self.closed_on_failure():
            self.search = self.start_search()
            self._running = self.serve(self.model)

    def start_search(self, **environment: str) -> Process:
        return self.start_worker("search", **environment)

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
        if "_running" in self.__dict__:
            self._running.stop()
        super().close()


class LibraryWorker:
    """A library worker in a process of its own, with its own data and music."""

    def __init__(self, mesh: LibraryMesh, music: Music, data: Path, **settings: str) -> None:
        self.mesh = mesh
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
        self.process: Process | None = None
        self.start()

    def start(self, **settings: str) -> None:
        self._environment |= settings
        self.process = self.mesh.start_worker("library", **self._environment)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(30)

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def call(self, op: str, **params: Any) -> dict[str, Any]:
        return self.mesh.client.call("library", op, params).result

    def ready(self) -> dict[str, Any]:
        status: dict[str, Any] = eventually(
            lambda: (status := self._asked("library.status")) and status["state"] == "ready" and status,
            "the library is ready",
        )
        return status

    def _asked(self, op: str) -> dict[str, Any]:
        """The answer; empty while the broker knows no such worker.

        One that starts on a loaded machine may miss heartbeats: the broker drops it, and it registers again.
        """
        try:
            return self.call(op)
        except NoWorker:
            return {}

    def progress(self) -> dict[str, Any]:
        return self.call("batch.progress")

    def until(self, condition: Callable[[dict[str, Any]], Any], what: str) -> dict[str, Any]:
        """The progress as soon as the condition holds."""
        found: dict[str, Any] = eventually(lambda: (p := self._asked("batch.progress")) and condition(p) and p, what)
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

    def __init__(self, mesh: Mesh, topic: str = "") -> None:
        self._subscriber = EventSubscriber(mesh.settings.events_endpoint, [topic])

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
