"""A mesh whose workers are started by name and waited for."""

from __future__ import annotations

from typing import Any

from contract.errors import MeshError
from tests.harness.mesh import Mesh
from tests.harness.processes import Process


class WorkerMesh(Mesh):
    """Odd workers (`tests.harness.services.odd`), which do what tests need, and workers of models."""

    def odd(self, name: str = "odd_01", *arguments: str) -> Process:
        """An odd worker, registered."""
        process = self.spawn("-m", "tests.harness.services", "odd", "--name", name, *arguments)
        self.wait_for("odd", name)
        return process

    def embed(self, model: str, name: str) -> Process:
        """A model worker, registered."""
        return self.start_worker("embed", model, name=name)

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
