"""From limits to numbers of processors and bytes."""

from __future__ import annotations

import os

import pytest

from machine import cgroups, memory_bytes, processors


@pytest.mark.parametrize(
    ("allowed", "quota", "expected"),
    [(8, None, 8), (8, 2.0, 2), (8, 1.5, 1), (8, 0.25, 1), (2, 6.0, 2), (1, None, 1)],
)
def test_processors(monkeypatch: pytest.MonkeyPatch, allowed: int, quota: float | None, expected: int) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(allowed)))
    monkeypatch.setattr(cgroups, "processor_quota", lambda: quota)
    assert processors() == expected


def test_memory_is_the_lower_of_machine_and_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "memory_limit", lambda: None)
    whole = memory_bytes()
    monkeypatch.setattr(cgroups, "memory_limit", lambda: 2**28)
    assert memory_bytes() == 2**28 < whole
    monkeypatch.setattr(cgroups, "memory_limit", lambda: 2**50)
    assert memory_bytes() == whole
