"""The budget: entries of the living, changes of several processes, room on a device."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from contract.errors import ModelUnavailable, NoWorker, OutOfMemory
from tests.harness.waiting import eventually
from workers.models import eviction
from workers.models.device import choose_device, free_memory
from workers.models.eviction import reserve
from workers.models.memory import MemoryBudget, MemoryUse, _start_time, is_out_of_memory, own_process
from workers.models.registry import spec
from workers.runtime.settings import WorkerSettings

GB = 10**9


def entry(worker: str, size: int = GB, age: float = 100.0, **fields: object) -> MemoryUse:
    """An idle, loaded model of this process."""
    pid, started = own_process()
    plain = MemoryUse(worker, f"model of {worker}", "cpu", size, time.time() - age, False, True, pid, started)
    return replace(plain, **fields)  # type: ignore[arg-type]  # replace() checks names at run time


def put(budget: MemoryBudget, *uses: MemoryUse) -> None:
    with budget.change() as current:
        current.update({one.worker: one for one in uses})


@pytest.fixture
def budget(tmp_path: Path) -> MemoryBudget:
    return MemoryBudget(tmp_path)


@pytest.fixture
def settings(tmp_path: Path) -> WorkerSettings:
    return WorkerSettings(SONICMESH_RUN=tmp_path, SONICMESH_CPU_MODEL_MEMORY=4 * GB, TEXT_EMBEDDING_DEVICE="auto")


def test_entries_are_kept_marked_and_released(budget: MemoryBudget) -> None:
    put(budget, entry("a"), entry("b"))
    budget.mark("a", busy=True)
    budget.mark("nobody", busy=True)
    budget.release("b")
    assert budget.uses().keys() == {"a"}
    assert budget.uses()["a"].busy
    assert time.time() - budget.uses()["a"].last_use < 10


def test_entries_of_dead_processes_fall_out(budget: MemoryBudget) -> None:
    # Given
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    # When
    put(budget, entry("alive"), entry("dead", pid=process.pid), entry("reused pid", started="1"))
    # Then
    assert budget.uses().keys() == {"alive"}


def test_a_dead_process_that_nobody_waited_for_falls_out_too(budget: MemoryBudget) -> None:
    # Given
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    put(budget, entry("unreaped", pid=process.pid, started=_start_time(process.pid)))
    assert budget.uses().keys() == {"unreaped"}
    # When
    os.kill(process.pid, signal.SIGKILL)
    # Then
    eventually(lambda: budget.uses() == {}, "it has fallen out")
    process.communicate()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": {"unknown": 1}}'])
def test_a_broken_file_is_an_empty_ledger(budget: MemoryBudget, tmp_path: Path, content: str) -> None:
    (tmp_path / "models-memory.json").write_text(content)
    assert budget.uses() == {}
    put(budget, entry("a"))
    assert budget.uses().keys() == {"a"}


def test_processes_that_change_it_at_once_lose_nothing(budget: MemoryBudget, tmp_path: Path) -> None:
    # Given
    code = (
        "import sys, time; from pathlib import Path; from tests.integration.workers.models.test_memory import *\n"
        "budget = MemoryBudget(Path(sys.argv[1]))\n"
        "for n in range(20): put(budget, entry(f'{sys.argv[2]}-{n}'))\n"
        "print('done', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    # When
    processes = [subprocess.Popen([*command, name], text=True, **pipes) for name in ("a", "b")]  # type: ignore[call-overload]
    for process in processes:
        assert process.stdout.readline() == "done\n"
    # Then
    assert len(budget.uses()) == 40
    for process in processes:
        process.communicate()
    assert budget.uses() == {}


def test_what_fits_is_taken(budget: MemoryBudget, settings: WorkerSettings) -> None:
    put(budget, entry("a", GB))
    reserve(budget, entry("b", 3 * GB), settings, _nobody)
    assert free_memory("cpu", settings, budget.uses().values()) == 0


def test_the_least_recently_used_idle_model_goes(budget: MemoryBudget, settings: WorkerSettings) -> None:
    # Given
    old, older, busy = entry("old", age=50), entry("older", age=60), entry("busy", age=70, busy=True)
    put(budget, old, older, busy, entry("other device", 9 * GB, 99, device="cuda:0"))
    asked: list[str] = []

    def evict(victim: MemoryUse) -> None:
        asked.append(victim.worker)
        budget.release(victim.worker)

    # When
    reserve(budget, entry("new", 2 * GB), settings, evict)
    # Then
    assert asked == ["older"]
    assert budget.uses().keys() == {"old", "busy", "other device", "new"}


def test_a_model_that_could_never_fit_is_told_so(budget: MemoryBudget, settings: WorkerSettings) -> None:
    put(budget, entry("idle"))
    with pytest.raises(OutOfMemory, match=r"5\.0 GB.*SONICMESH_CPU_MODEL_MEMORY"):
        reserve(budget, entry("new", 5 * GB), settings, _nobody)
    assert budget.uses().keys() == {"idle"}


def test_models_at_work_are_waited_for_then_named(
    budget: MemoryBudget, settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eviction, "PATIENCE_SECONDS", 0.3)
    put(budget, entry("busy", 3 * GB, busy=True))
    with pytest.raises(ModelUnavailable, match="busy"):
        reserve(budget, entry("new", 2 * GB), settings, _nobody)
    assert budget.uses().keys() == {"busy"}


def test_a_worker_that_does_not_answer_is_asked_again(
    budget: MemoryBudget, settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setattr(eviction, "ASK_AGAIN_SECONDS", 0.2)
    put(budget, entry("deaf", 3 * GB))
    tries: list[str] = []

    def evict(victim: MemoryUse) -> None:
        tries.append(victim.worker)
        if len(tries) == 1:
            raise NoWorker("not there")
        budget.release(victim.worker)

    # When
    reserve(budget, entry("new", 2 * GB), settings, evict)
    # Then
    assert tries == ["deaf", "deaf"]
    assert budget.uses().keys() == {"new"}


def test_a_model_without_torch_runs_on_the_cpu_whatever_the_setting(settings: WorkerSettings) -> None:
    asked_for_gpu = settings.model_copy(update={"device": "cuda:7"})
    assert choose_device(spec("spectral"), asked_for_gpu, ()) == "cpu"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (RuntimeError("CUDA out of memory. Tried to allocate"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), True),
        (type("OutOfMemoryError", (RuntimeError,), {})("x"), True),
        (RuntimeError("shape mismatch"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_out_of_memory_is_recognised(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected


def _nobody(victim: MemoryUse) -> None:
    raise AssertionError(f"{victim.worker} must not be asked")
