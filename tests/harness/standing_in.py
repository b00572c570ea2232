"""A model worker of the test that replaces one of the mesh."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.harness.mesh import workers_of
from tests.harness.play_model import PlayModel, Running
from tests.harness.supervised import House, wait_until
from workers.runtime.settings import WorkerSettings


@contextmanager
def standing_in(house: House, model: PlayModel) -> Iterator[PlayModel]:
    """`model` is the only worker of its service meanwhile; its gate is open at the end, so that nothing hangs."""
    name = model.name.removeprefix("embed.")
    house.json("scale", f"{name}=0")
    with house.client() as client:
        wait_until(lambda: not workers_of(client, model.name))
        running = Running(model, f"play_{name}", WorkerSettings(SONICMESH_RUN=house.folder / "run"))
        try:
            wait_until(lambda: workers_of(client, model.name))
            yield model
        finally:
            model.gate.set()
            running.stop()
