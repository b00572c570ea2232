"""Hours in which jobs that began by themselves work: reading them, and what is within them."""

from __future__ import annotations

from datetime import datetime

import pytest

from contract.settings import SettingsError, load_settings
from workers.library.jobs.hours import Hours
from workers.library.settings import LibrarySettings


def at(hour: int, minute: int = 0) -> float:
    """Unix seconds of a time of some day, by this machine's clock."""
    return datetime(2026, 5, 20, hour, minute).astimezone().timestamp()


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("22-7", [(22, 0), (23, 59), (0, 0), (6, 59)], [(7, 0), (12, 0), (21, 59)]),
        ("9-17", [(9, 0), (16, 59)], [(8, 59), (17, 0), (0, 0)]),
        ("22:30 - 6:15", [(22, 30), (6, 14)], [(22, 29), (6, 15)]),
        ("18-24", [(18, 0), (23, 59)], [(0, 0), (17, 59)]),
    ],
)
def test_hours(text: str, inside: list[tuple[int, int]], outside: list[tuple[int, int]]) -> None:
    hours = Hours.parse(text)
    assert all(hours.contain(at(*moment)) for moment in inside)
    assert not any(hours.contain(at(*moment)) for moment in outside)
    wait = hours.wait(at(*outside[0]))
    assert wait is not None and "SONICMESH_JOB_HOURS" in wait.reason
    assert hours.wait(at(*inside[0])) is None


@pytest.mark.parametrize("text", ["22", "a-b", "25-7", "22-22", "22:70-7", "0-24", "-", "7-22-3"])
def test_what_is_no_hours(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONICMESH_JOB_HOURS", text)
    with pytest.raises(SettingsError, match="SONICMESH_JOB_HOURS"):
        load_settings(LibrarySettings)
