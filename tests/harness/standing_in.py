"""A model worker of the test that replaces one of the mesh."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.harness.mesh import workers_of
from tests.harness.play_model import PlayModel, Running
from tests.harness.supervised import SupervisedMesh
from tests.harness.waiting import eventually
from workers.runtime.settings import WorkerSettings


@contextmanager
def standing_in(mesh: SupervisedMesh, model: PlayModel) -> Iterator[PlayModel]:
    """`model` is the only worker of its service meanwhile; its gate is open at the end, so that nothing hangs."""
    name = model.name.removeprefix("embed.")
    mesh.json("scale", f"{name}=0")
    with mesh.connect() as client:
        eventually(lambda: not workers_of(client, model.name), "its own workers are gone")
        running = Running(model, f"play_{name}", WorkerSettings(SONICMESH_RUN=mesh.folder / "run"))
        try:
            eventually(lambda: workers_of(client, model.name), "the model is there")
            yield model
        finally:
            model.gate.set()
            running.stop()
