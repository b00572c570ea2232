"""The life of models in real workers: loading, unloading, making room; and what the events say about it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broker.events import EventSubscriber
from contract.errors import ModelUnavailable, OutOfMemory
from tests.harness.processes import ends, kill
from tests.harness.services.toy_model import NEEDS_BYTES, install
from tests.harness.waiting import PATIENCE_S, eventually
from tests.harness.worker_mesh import WorkerMesh

MODELS = {"toy": "tests.harness.services.toy_model:TOY", "toy2": "tests.harness.services.toy_model:TOY_TWO"}


class Watched:
    """A mesh with two models that do not fit into memory together, and the events of its models."""

    def __init__(self, mesh: WorkerMesh, checkpoints: Path) -> None:
        self.mesh = mesh
        self.checkpoints = checkpoints
        self._events = EventSubscriber(mesh.settings.events_endpoint, ["model."])

    def event(self, topic: str, worker: str) -> dict[str, Any]:
        """The next event of this topic and worker; earlier events are skipped."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            received = self._events.receive(1.0)
            if received is not None and received[0] == topic and received[1]["worker"] == worker:
                return received[1]
        raise AssertionError(f"no {topic} of {worker}")

    def use(self, model: str = "toy") -> None:
        file = self.mesh.folder / "track"
        file.write_bytes(b"music")
        self.mesh.client.call(f"embed.{model}", "embed.audio", {"path": str(file)})

    def log(self, model: str = "toy") -> list[str]:
        return (self.mesh.folder / "data" / f"{model}.log").read_text().split("\n")[:-1]

    def close(self) -> None:
        self._events.close()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    install(tmp_path / "site", **MODELS)
    (tmp_path / "checkpoints").mkdir()
    return {
        "PYTHONPATH": str(tmp_path / "site"),
        "TEXT_EMBEDDING_CHECKPOINT_DIR": str(tmp_path / "checkpoints"),
        "SONICMESH_CPU_MODEL_MEMORY": "1G",
        "SONICMESH_MODEL_CHECK_S": "0.2",
    }


@pytest.fixture
def watched(environment: dict[str, str], tmp_path: Path) -> Iterator[Watched]:
    with WorkerMesh(**environment) as mesh:
        one = Watched(mesh, tmp_path / "checkpoints")
        mesh.embed("toy", "toy_01")
        yield one
        one.close()


def test_a_model_is_loaded_at_its_first_use_and_warmed_up(watched: Watched) -> None:
    # Given
    assert watched.mesh.stats("toy_01")["loaded"] is False
    # When
    watched.use()
    # Then
    loading, loaded = (watched.event(topic, "toy_01") for topic in ("model.loading", "model.loaded"))
    assert (loading["model"], loading["device"], loading["reason"]) == ("toy", "cpu", "request")
    assert (loaded["memory_bytes"], loaded["reason"]) == (NEEDS_BYTES, "request")
    assert loaded["seconds"] >= 0
    assert watched.log()[:3] == ["load", "warm-up", "embed 1"]
    stats = watched.mesh.stats("toy_01")
    assert (stats["loaded"], stats["memory_bytes"], stats["model"]) == (True, NEEDS_BYTES, "toy")


def test_load_and_unload_on_request(watched: Watched) -> None:
    assert watched.mesh.client.call("worker.toy_01", "worker.load").result == {"accepted": True}
    assert watched.event("model.loaded", "toy_01")["reason"] == "request"
    assert watched.mesh.client.call("worker.toy_01", "worker.unload").result == {"accepted": True}
    unloaded = watched.event("model.unloaded", "toy_01")
    assert (unloaded["reason"], unloaded["memory_bytes"]) == ("request", NEEDS_BYTES)
    # Asked again, it announces it again: caches of its text vectors learn that these may have changed
    watched.mesh.client.call("worker.toy_01", "worker.unload")
    again = watched.event("model.unloaded", "toy_01")
    assert (again["reason"], again["memory_bytes"]) == ("request", 0)
    assert watched.mesh.stats("toy_01")["loaded"] is False


def test_sigterm_unloads(watched: Watched) -> None:
    watched.use()
    watched.mesh.processes[-1].terminate()
    assert watched.event("model.unloaded", "toy_01")["reason"] == "shutdown"
    assert ends(watched.mesh.processes[-1]) == 0


def test_an_idle_model_is_unloaded_and_comes_back(environment: dict[str, str], tmp_path: Path) -> None:
    with WorkerMesh(**environment, SONICMESH_MODEL_IDLE_S="1") as mesh:
        watched = Watched(mesh, tmp_path)
        mesh.embed("toy", "toy_01")
        watched.use()
        assert watched.event("model.unloaded", "toy_01")["reason"] == "idle"
        watched.use()
        assert watched.event("model.loaded", "toy_01")["reason"] == "request"
        watched.close()


def test_a_model_makes_room_for_another_by_turns(watched: Watched) -> None:
    # Given: each needs 0.6 of the 1 GB
    watched.mesh.embed("toy2", "toy2_01")
    watched.use("toy")
    # When
    watched.use("toy2")
    # Then
    assert watched.event("model.unloaded", "toy_01")["reason"] == "memory"
    assert watched.event("model.loaded", "toy2_01")["memory_bytes"] == NEEDS_BYTES
    watched.use("toy")
    assert watched.event("model.unloaded", "toy2_01")["reason"] == "memory"
    assert watched.event("model.loaded", "toy_01")


def test_models_that_fit_together_stay(watched: Watched) -> None:
    (watched.checkpoints / "toy2.bytes").write_text("300000000")
    watched.mesh.embed("toy2", "toy2_01")
    watched.use("toy")
    watched.use("toy2")
    assert watched.mesh.stats("toy_01")["loaded"]
    assert watched.mesh.stats("toy2_01")["memory_bytes"] == 300_000_000


def test_a_killed_worker_leaves_no_debt(watched: Watched) -> None:
    # Given
    watched.use("toy")
    kill(watched.mesh.processes[-1])
    # When
    watched.mesh.embed("toy2", "toy2_01")
    watched.use("toy2")
    # Then
    assert watched.mesh.stats("toy2_01")["loaded"]


def test_a_model_that_could_never_fit_is_a_clear_error(watched: Watched) -> None:
    (watched.checkpoints / "toy.bytes").write_text("5000000000")
    with pytest.raises(OutOfMemory, match="SONICMESH_CPU_MODEL_MEMORY"):
        watched.use()
    failed = watched.event("model.failed", "toy_01")
    assert (failed["model"], failed["error"]["code"]) == ("toy", "out_of_memory")


def test_missing_weights_say_what_to_do_until_they_are_there(watched: Watched) -> None:
    # Given
    missing = watched.checkpoints / "toy.missing"
    missing.touch()
    # When
    with pytest.raises(ModelUnavailable, match="download them"):
        watched.use()
    described = watched.mesh.client.call("embed.toy", "model.describe").result
    # Then
    assert (described["status"], described["reason"]) == ("unavailable", "no weights of toy; download them")
    missing.unlink()
    assert watched.mesh.client.call("embed.toy", "model.describe").result["status"] == "available"
    watched.use()
    assert watched.mesh.client.call("embed.toy", "model.describe").result["status"] == "available"


def test_of_a_broken_checkpoint_nothing_stays(watched: Watched) -> None:
    # Given
    (watched.checkpoints / "toy.broken").touch()
    # When
    for _ in range(3):
        with pytest.raises(ModelUnavailable, match="wrong shape"):
            watched.use()
    # Then: tried once, reported to all, and cleaned up
    assert watched.log() == ["load", "unload"]
    assert watched.event("model.failed", "toy_01")["error"]["code"] == "model_unavailable"
    watched.mesh.embed("toy2", "toy2_01")
    watched.use("toy2")
    assert watched.mesh.stats("toy2_01")["loaded"], "the room of the broken one is free"


def test_a_model_at_work_is_not_evicted(watched: Watched) -> None:
    # Given
    watched.mesh.embed("toy2", "toy2_01")
    slow = watched.mesh.folder / "slow"
    slow.write_bytes(b"slow")
    calls = [watched.mesh.client.submit("embed.toy", "embed.audio", {"path": str(slow)}) for _ in range(3)]
    eventually(lambda: watched.mesh.stats("toy_01")["loaded"], "toy is at work")
    # When
    watched.use("toy2")
    # Then
    assert all(call.result(30).result["dim"] == 6 for call in calls)
    assert watched.log().count("load") == 1
    assert watched.mesh.stats("toy2_01")["loaded"]
