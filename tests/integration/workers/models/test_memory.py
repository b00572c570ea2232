"""The ledger: entries of the living, changes of several processes, room on a device."""

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
from tests.harness.mesh import eventually
from workers.models import eviction
from workers.models.device import choose_device, free_memory
from workers.models.eviction import take_room
from workers.models.memory import MemoryBudget, MemoryUse, _start_time, is_out_of_memory, own_process
from workers.models.registry import spec
from workers.runtime.settings import WorkerSettings

GB = 10**9


def entry(worker: str, size: int = GB, age: float = 100.0, **fields: object) -> MemoryUse:
    """An idle, loaded model of this process."""
    pid, started = own_process()
    plain = MemoryUse(worker, f"model of {worker}", "cpu", size, time.time() - age, False, True, pid, started)
    return replace(plain, **fields)  # type: ignore[arg-type]  # replace() checks names at run time


def put(ledger: MemoryBudget, *entries: MemoryUse) -> None:
    with ledger.change() as current:
        current.update({one.worker: one for one in entries})


@pytest.fixture
def ledger(tmp_path: Path) -> MemoryBudget:
    return MemoryBudget(tmp_path)


@pytest.fixture
def settings(tmp_path: Path) -> WorkerSettings:
    return WorkerSettings(SONICMESH_RUN=tmp_path, SONICMESH_CPU_MODEL_MEMORY=4 * GB, TEXT_EMBEDDING_DEVICE="auto")


def test_entries_are_kept_marked_and_released(ledger: MemoryBudget) -> None:
    put(ledger, entry("a"), entry("b"))
    ledger.mark("a", busy=True)
    ledger.mark("nobody", busy=True)
    ledger.release("b")
    assert ledger.entries().keys() == {"a"}
    assert ledger.entries()["a"].busy
    assert time.time() - ledger.entries()["a"].last_use < 10


def test_entries_of_dead_processes_fall_out(ledger: MemoryBudget) -> None:
    # Given
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    # When
    put(ledger, entry("alive"), entry("dead", pid=process.pid), entry("reused pid", started="1"))
    # Then
    assert ledger.entries().keys() == {"alive"}


def test_a_dead_process_that_nobody_waited_for_falls_out_too(ledger: MemoryBudget) -> None:
    # Given
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    put(ledger, entry("unreaped", pid=process.pid, started=_start_time(process.pid)))
    assert ledger.entries().keys() == {"unreaped"}
    # When
    os.kill(process.pid, signal.SIGKILL)
    # Then
    eventually(lambda: ledger.entries() == {}, "it has fallen out")
    process.communicate()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": {"unknown": 1}}'])
def test_a_broken_file_is_an_empty_ledger(ledger: MemoryBudget, tmp_path: Path, content: str) -> None:
    (tmp_path / "models-memory.json").write_text(content)
    assert ledger.entries() == {}
    put(ledger, entry("a"))
    assert ledger.entries().keys() == {"a"}


def test_processes_that_change_it_at_once_lose_nothing(ledger: MemoryBudget, tmp_path: Path) -> None:
    # Given
    code = (
        "import sys, time; from pathlib import Path; from tests.integration.workers.models.test_memory import *\n"
        "ledger = Ledger(Path(sys.argv[1]))\n"
        "for n in range(20): put(ledger, entry(f'{sys.argv[2]}-{n}'))\n"
        "print('done', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    # When
    processes = [subprocess.Popen([*command, name], text=True, **pipes) for name in ("a", "b")]  # type: ignore[call-overload]
    for process in processes:
        assert process.stdout.readline() == "done\n"
    # Then
    assert len(ledger.entries()) == 40
    for process in processes:
        process.communicate()
    assert ledger.entries() == {}


def test_what_fits_is_taken(ledger: MemoryBudget, settings: WorkerSettings) -> None:
    put(ledger, entry("a", GB))
    take_room(ledger, entry("b", 3 * GB), settings, _nobody)
    assert free_memory("cpu", settings, ledger.entries().values()) == 0


def test_the_least_recently_used_idle_model_goes(ledger: MemoryBudget, settings: WorkerSettings) -> None:
    # Given
    old, older, busy = entry("old", age=50), entry("older", age=60), entry("busy", age=70, busy=True)
    put(ledger, old, older, busy, entry("other device", 9 * GB, 99, device="cuda:0"))
    asked: list[str] = []

    def evict(victim: MemoryUse) -> None:
        asked.append(victim.worker)
        ledger.release(victim.worker)

    # When
    take_room(ledger, entry("new", 2 * GB), settings, evict)
    # Then
    assert asked == ["older"]
    assert ledger.entries().keys() == {"old", "busy", "other device", "new"}


def test_a_model_that_could_never_fit_is_told_so(ledger: MemoryBudget, settings: WorkerSettings) -> None:
    put(ledger, entry("idle"))
    with pytest.raises(OutOfMemory, match=r"5\.0 GB.*SONICMESH_CPU_MODEL_MEMORY"):
        take_room(ledger, entry("new", 5 * GB), settings, _nobody)
    assert ledger.entries().keys() == {"idle"}


def test_models_at_work_are_waited_for_then_named(
    ledger: MemoryBudget, settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eviction, "PATIENCE_SECONDS", 0.3)
    put(ledger, entry("busy", 3 * GB, busy=True))
    with pytest.raises(ModelUnavailable, match="busy"):
        take_room(ledger, entry("new", 2 * GB), settings, _nobody)
    assert ledger.entries().keys() == {"busy"}


def test_a_worker_that_does_not_answer_is_asked_again(
    ledger: MemoryBudget, settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setattr(eviction, "ASK_AGAIN_SECONDS", 0.2)
    put(ledger, entry("deaf", 3 * GB))
    tries: list[str] = []

    def evict(victim: MemoryUse) -> None:
        tries.append(victim.worker)
        if len(tries) == 1:
            raise NoWorker("not there")
        ledger.release(victim.worker)

    # When
    take_room(ledger, entry("new", 2 * GB), settings, evict)
    # Then
    assert tries == ["deaf", "deaf"]
    assert ledger.entries().keys() == {"new"}


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
