"""Real limits of the kernel: what a process inside a control group, or with an affinity mask, takes for its own."""

from __future__ import annotations

import os
import sys

from tests.harness.box import box
from tests.harness.places import REPOSITORY

PRINT_LIMITS = "import machine; print(machine.processors(), machine.memory_bytes())"
PRINT_CHOICES = """
from cli.programs import default_scale
from contract.settings import load_settings
from workers.runtime.settings import WorkerSettings
settings = load_settings(WorkerSettings)
print(default_scale("fusion"), settings.compute_threads, settings.cpu_budget)
"""


def numbers(program: str, arguments: list[str] | None = None, **limits: object) -> list[int]:
    with box(**limits) as small:  # type: ignore[arg-type]
        done = small.run([*(arguments or []), sys.executable, "-c", program], cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr
    return [int(number) for number in done.stdout.split()]


def test_a_quota_and_a_memory_limit() -> None:
    assert numbers(PRINT_LIMITS, memory=2**29, processors=1.0) == [1, 2**29]


def test_a_generous_limit_changes_nothing() -> None:
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert numbers(PRINT_LIMITS, memory=2**50, processors=64.0) == [len(os.sched_getaffinity(0)), whole]


def test_a_set_of_processors() -> None:
    first = min(os.sched_getaffinity(0))
    assert numbers(PRINT_LIMITS, memory=2**30, processors=64.0, cpus=str(first)) == [1, 2**30]


def test_an_affinity_mask() -> None:
    first = min(os.sched_getaffinity(0))
    assert numbers(PRINT_LIMITS, ["taskset", "-c", str(first)], memory=2**30, processors=64.0) == [1, 2**30]


def test_workers_threads_and_the_budget_of_models_follow() -> None:
    assert numbers(PRINT_CHOICES, memory=2**30, processors=1.0) == [1, 1, 2**29]
