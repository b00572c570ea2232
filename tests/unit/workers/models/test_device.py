"""Which device a model gets. A stand-in plays torch: what matters here is what we make of its answers."""

from __future__ import annotations

import sys

import pytest

from contract.errors import ModelUnavailable
from tests.harness.gpus import GB, Gpus
from workers.models import device
from workers.models.device import choose_device, free_memory, total_memory
from workers.models.memory import MemoryUse
from workers.models.registry import spec
from workers.runtime.settings import WorkerSettings

MUQ = spec("muq")


def on(device: str) -> WorkerSettings:
    return WorkerSettings(TEXT_EMBEDDING_DEVICE=device, SONICMESH_CPU_MODEL_MEMORY=8 * GB)


def entry(worker: str, device: str, *, loaded: bool = True) -> MemoryUse:
    return MemoryUse(worker, "m", device, 3 * GB, 0.0, loaded=loaded)


def test_auto_takes_a_gpu_where_there_is_one(gpus: Gpus) -> None:
    gpus(1)
    assert choose_device(MUQ, on("auto"), ()) == "cuda:0"
    gpus(0)
    assert choose_device(MUQ, on("auto"), ()) == "cpu"


def test_torch_is_not_asked_where_no_driver_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # importing it would raise
    monkeypatch.setattr(device, "GPU_FILES", ())

    assert choose_device(MUQ, on("auto"), ()) == "cpu"


@pytest.mark.parametrize("setting", ["auto", "cuda"])
def test_workers_spread_over_the_gpus(gpus: Gpus, setting: str) -> None:
    gpus(3)
    taken = [entry("a", "cuda:0"), entry("b", "cuda:1"), entry("c", "cuda:0")]
    assert choose_device(MUQ, on(setting), taken) == "cuda:2"
    assert choose_device(MUQ, on(setting), [*taken, entry("d", "cuda:2"), entry("e", "cuda:2")]) == "cuda:1"


def test_a_gpu_by_number_is_that_one(gpus: Gpus) -> None:
    gpus(2)
    assert choose_device(MUQ, on("cuda:1"), [entry("a", "cuda:1")]) == "cuda:1"


@pytest.mark.parametrize(
    ("setting", "count", "hint"),
    [("cuda", 0, "built for CPUs only"), ("cuda:0", 0, "built for CPUs only"), ("cuda:2", 2, "only 2 GPUs")],
)
def test_a_gpu_that_is_not_there_is_an_error_and_no_fall_to_the_cpu(
    gpus: Gpus, setting: str, count: int, hint: str
) -> None:
    gpus(count)
    with pytest.raises(ModelUnavailable, match=hint):
        choose_device(MUQ, on(setting), ())


def test_the_cpu_when_asked_for(gpus: Gpus) -> None:
    gpus(4)
    assert choose_device(MUQ, on("cpu"), ()) == "cpu"


def test_without_torch_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModelUnavailable, match="make models"):
        choose_device(MUQ, on("cuda"), ())


def test_room_on_a_gpu_leaves_what_is_being_loaded(gpus: Gpus) -> None:
    gpus(2)
    uses = [entry("a", "cuda:0"), entry("b", "cuda:0", loaded=False), entry("c", "cuda:1", loaded=False)]
    assert free_memory("cuda:0", on("auto"), uses) == 7 * GB
    assert total_memory("cuda:0", on("auto")) == 16 * GB


def test_room_on_the_cpu_is_the_budget_less_what_is_held() -> None:
    assert free_memory("cpu", on("cpu"), [entry("a", "cpu"), entry("b", "cuda:0")]) == 5 * GB
    assert total_memory("cpu", on("cpu")) == 8 * GB
