"""Batches that do not fit, and rows that are no vectors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from broker.vectors import Vectors
from contract.errors import FileMissing, MeshError, ModelFailed, OutOfMemory
from tests.harness.services.toy_model import TOY
from workers.models.adapter import Adapter, Recording
from workers.models.batch import Batches
from workers.runtime.settings import WorkerSettings


class Small(Adapter):
    """Holds at most `fits` recordings at once; each may be read once, as a stream is."""

    def __init__(self, fits: int, width: int = TOY.dimension) -> None:
        super().__init__(TOY, WorkerSettings())
        self.fits = fits
        self.width = width
        self.sizes: list[int] = []
        self.gone: set[Path] = set()

    @property
    def model_id(self) -> str:
        return "small"

    def load(self) -> None:
        pass

    def unload(self) -> None:
        pass

    def open_audio(self, path: Path, duration: float | None) -> Recording:
        if path in self.gone:
            raise FileMissing(f"{path} is gone")
        return Recording(path=path, expected=duration, audio=iter([float(path.name)]))

    def embed_audio(self, recordings: Sequence[Recording]) -> Vectors:
        self.sizes.append(len(recordings))
        values = [next(recording.audio) for recording in recordings]
        if len(recordings) > self.fits:
            raise MemoryError(f"{len(recordings)} are too many")
        for recording, value in zip(recordings, values, strict=True):
            recording.duration = value
        return np.array([[value] * self.width for value in values], np.float32)


def embed(adapter: Small, count: int, batches: Batches | None = None) -> list[float | MeshError]:
    recordings = [adapter.open_audio(Path(str(n + 1)), None) for n in range(count)]
    done = (batches or Batches(adapter)).embed(recordings)
    assert all(isinstance(row, MeshError) or recording.duration == row[0] for recording, row in done)
    return [row if isinstance(row, MeshError) else float(row[0]) for _, row in done]


def test_what_does_not_fit_is_halved_until_it_does() -> None:
    adapter = Small(fits=2)
    assert embed(adapter, 7) == [1, 2, 3, 4, 5, 6, 7]
    assert adapter.sizes == [7, 3, 1, 1, 1, 1, 1, 1, 1]


def test_the_size_that_fitted_is_remembered() -> None:
    # Given
    adapter = Small(fits=2)
    batches = Batches(adapter)
    embed(adapter, 4, batches)
    adapter.sizes.clear()
    # When
    assert embed(adapter, 4, batches) == [1, 2, 3, 4]
    # Then
    assert adapter.sizes == [2, 2]


def test_a_single_one_that_does_not_fit_is_an_error() -> None:
    outcomes = embed(Small(fits=0), 2)
    assert [type(outcome) for outcome in outcomes] == [OutOfMemory, OutOfMemory]


def test_a_file_that_vanished_before_the_second_try_costs_the_others_nothing() -> None:
    # Given
    adapter = Small(fits=2)
    recordings = [adapter.open_audio(Path(str(n)), None) for n in (1, 2, 3, 4)]
    adapter.gone = {Path("2")}
    # When
    rows = [row for _, row in Batches(adapter).embed(recordings)]
    # Then
    assert isinstance(rows[1], FileMissing)
    assert [float(row[0]) for row in rows if not isinstance(row, MeshError)] == [1, 3, 4]


@pytest.mark.parametrize("width", [TOY.dimension - 1, TOY.dimension + 1])
def test_rows_of_another_length_are_refused(width: int) -> None:
    outcomes = embed(Small(fits=9, width=width), 2)
    assert [type(outcome) for outcome in outcomes] == [ModelFailed, ModelFailed]
