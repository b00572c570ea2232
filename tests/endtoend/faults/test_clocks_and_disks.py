"""Clocks that are set, and full disks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.faults import clocks, disks


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sm", ignore_cleanup_errors=True) as name:
        yield Path(name)


def test_nobody_notices_a_clock_that_is_set(folder: Path) -> None:
    try:
        clocks.faketime()
    except clocks.NoClock as reason:
        pytest.skip(str(reason))
    for played in clocks.play(folder, list(clocks.FAULTS), 1):
        assert played.tally.good, played.line()


@pytest.mark.parametrize("fault", disks.FAULTS)
def test_a_full_disk_delays_a_job_and_nothing_else(folder: Path, fault: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    try:
        with disks.small_disk(folder / "probe"):
            pass
    except disks.NoMount as reason:
        pytest.skip(str(reason))
    [played] = disks.play(folder, [fault], 1)
    assert played.tally.good, played.line()
