"""One round of each fault of broker, workers and clients: callers notice a delay at most."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.faults import processes
from bench.faults.supervised import SupervisedProcesses


@pytest.fixture(scope="module")
def mesh() -> Iterator[SupervisedProcesses]:
    with tempfile.TemporaryDirectory(prefix="sm") as folder, processes.opened(Path(folder)) as running:
        yield running


@pytest.mark.parametrize("fault", processes.FAULTS)
def test_no_caller_notices(mesh: SupervisedProcesses, fault: str) -> None:
    played = processes.play(mesh, fault)
    assert played.tally.good, played.line()
    assert played.tally.answered >= processes.ANSWERS_AFTER
