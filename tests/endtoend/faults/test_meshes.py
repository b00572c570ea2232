"""One round of some faults of a whole mesh; `python -m bench.faults` plays all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.faults import meshes
from bench.faults.meshes import TracksMesh


@pytest.fixture(scope="module")
def mesh() -> Iterator[TracksMesh]:
    with tempfile.TemporaryDirectory(prefix="sm") as folder, meshes.opened(Path(folder)) as running:
        yield running


@pytest.mark.parametrize(
    "fault", ["mesh: kill search", "mesh: kill broker, library", "mesh: stop gateway", "mesh: stop search, library"]
)
def test_no_caller_notices(mesh: TracksMesh, fault: str) -> None:
    played = meshes.play(mesh, fault)
    assert played.tally.good, played.line()
    assert played.tally.answered > 0
